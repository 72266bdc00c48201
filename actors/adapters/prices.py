"""Context windows and list prices from the offline table of genai-prices.

Third-party figures: each cost says which table. What the table does not know is None, never 0.
"""

from decimal import Decimal
from typing import Any

from storage.records.conversation import Cost, Usage


def context_window(model: str, provider: str | None = None) -> int | None:
    """Tokens that fit into one request and its answer together."""
    found = _model(model, provider)
    return found.context_window if found is not None else None


def cost(usage: Usage, model: str, provider: str | None = None) -> Cost | None:
    """What the tokens cost at list price today, or None where model or provider are unknown."""
    if _model(model, provider) is None:
        return None
    import genai_prices

    price = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cache_read_tokens=usage.cache_read_tokens,
            cache_write_tokens=usage.cache_write_tokens,
        ),
        model_ref=model,
        provider_id=provider,
    )
    return Cost(usd=price.total_price, source=f"genai-prices {genai_prices.__version__}")


def calculate_cost(
    prompt_tokens: int,
    completion_tokens: int,
    model: str,
    cache_read: int = 0,
    cache_write: int = 0,
) -> Decimal | None:
    """US dollars at list price. `prompt_tokens` includes both kinds of cached ones."""
    usage = Usage(
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
    )
    known = cost(usage, model)
    return known.usd if known is not None else None


def get_context_window_size(model: str) -> int | None:
    """The window of a model of any provider, by its name alone."""
    return context_window(model)


def _model(model: str, provider: str | None) -> Any:
    from genai_prices import data_snapshot

    try:
        _, found = data_snapshot.get_snapshot().find_provider_model(model, None, provider, None)
    except LookupError:
        return None
    return found
