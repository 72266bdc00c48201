// All text and all attributes that are in the document.
() => {
    const said = [document.title];
    for (const each of document.querySelectorAll("*")) {
        for (const attribute of each.attributes) said.push(attribute.value);
        for (const child of each.childNodes) if (child.nodeType === 3) said.push(child.data);
    }
    return said.join("\\n");
}
