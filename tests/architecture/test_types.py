"""msgspec is told of a type in `storage/typed.py` alone, where one thread at a time does it."""

import ast

from tests.architecture.source_tree import ROOT, own_files, parsed, shown

THE_ONE_PLACE = ROOT / "storage" / "typed.py"


def names_a_type(call: ast.Call) -> bool:
    """A decoder, a conversion, or a decoding into a type, as msgspec itself offers them."""
    match call.func:
        case ast.Attribute(value=ast.Name("msgspec"), attr="convert"):
            return True
        case ast.Attribute(value=ast.Attribute(value=ast.Name("msgspec")), attr="Decoder"):
            return True
        case ast.Attribute(value=ast.Attribute(value=ast.Name("msgspec")), attr="decode"):
            return len(call.args) > 1 or any(word.arg == "type" for word in call.keywords)
    return False


def imports_it(node: ast.ImportFrom) -> bool:
    """By a bare name, which the look at calls would miss."""
    is_msgspec = (node.module or "").partition(".")[0] == "msgspec"
    return is_msgspec and bool(
        {"convert", "Decoder", "decode"} & {each.name for each in node.names}
    )


def test_a_call_with_a_type_is_known() -> None:
    told = "msgspec.convert(1, int); msgspec.json.Decoder(int); msgspec.json.decode(b'1', type=int)"
    silent = "msgspec.json.decode(b'1'); msgspec.json.Encoder(); typed.convert(1, int)"
    calls = [node for node in ast.walk(ast.parse(told)) if isinstance(node, ast.Call)]
    assert len(calls) == 3
    assert all(map(names_a_type, calls))
    others = [node for node in ast.walk(ast.parse(silent)) if isinstance(node, ast.Call)]
    assert not any(map(names_a_type, others))


def test_only_one_module_tells_msgspec_of_a_type() -> None:
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in own_files()
        if path != THE_ONE_PLACE
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.Call) and names_a_type(node))
        or (isinstance(node, ast.ImportFrom) and imports_it(node))
    ]
    assert not found, "use storage.typed"
