"""Usage out of responses in the shapes of each provider: whole, streamed, cut at every byte."""

from __future__ import annotations

import gzip
import zlib

import pytest
from genai_prices.data import providers

from tests.unit.spend.reading.chat_samples import CHAT_SAMPLES
from tests.unit.spend.reading.further_samples import FURTHER_SAMPLES
from tests.unit.spend.reading.more_samples import MORE_SAMPLES
from tests.unit.spend.reading.samples import SSE, Sample, read, reader_of, tokens

SAMPLES = [*CHAT_SAMPLES, *MORE_SAMPLES, *FURTHER_SAMPLES]
# Compatible APIs differ only in the names of their members.
CUT_NAMES = (
    "openai",
    "openai stream",
    "perplexity stream",
    "groq stream with its own member",
    "usage in each chunk, CRLF",
    "response.completed stream",
    "embeddings",
    "anthropic stream",
    "gemini stream",
    "gemini array",
    "cohere v1 stream",
    "cohere v2 stream",
    "ollama stream",
    "openai batch results",
)
CUT = [sample for sample in SAMPLES if sample.name in CUT_NAMES]
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)

each_cut_sample = pytest.mark.parametrize("sample", CUT, ids=lambda sample: sample.name)


@each_sample
def test_units_model_and_cost(sample: Sample) -> None:
    usage = read(sample.body, sample.media_type, sample.facts)

    assert usage is not None
    assert usage.units == sample.units
    assert usage.cost == sample.cost
    assert usage.context == sample.context
    assert sample.model is None or usage.model == sample.model
    assert not usage.is_estimate
    assert not usage.oddities


@pytest.mark.parametrize(
    "sample", [one for one in SAMPLES if one.provider], ids=lambda sample: sample.name
)
def test_units_are_those_of_genai_prices(sample: Sample) -> None:
    """genai-prices' extractor reads the same from the same usage. Counts of 0 say nothing."""
    provider = next(one for one in providers if one.id == sample.provider)
    extractor = next(one for one in provider.extractors or () if one.api_flavor == sample.flavor)
    document = sample.usage
    if extractor.root == ["response", "usage"]:
        document = {"response": document}
    _, theirs = extractor.extract(document)

    theirs_by_unit = {unit: count for unit in sample.units if (count := getattr(theirs, unit))}
    ours = {unit: count for unit, count in sample.units.items() if count}
    assert {unit: ours[unit] for unit in ours if unit not in sample.more} == theirs_by_unit


@each_cut_sample
def test_any_two_pieces_give_the_same(sample: Sample) -> None:
    whole = read(sample.body, sample.media_type, sample.facts)

    for cut in range(1, len(sample.body)):
        assert read(sample.body, sample.media_type, sample.facts, cuts=[cut]) == whole


@each_sample
def test_single_bytes_give_the_same(sample: Sample) -> None:
    cuts = range(1, len(sample.body))

    usage = read(sample.body, sample.media_type, sample.facts, cuts=cuts)

    assert usage == read(sample.body, sample.media_type, sample.facts)


@each_cut_sample
def test_an_answer_that_ends_at_any_byte_is_counted(sample: Sample) -> None:
    """What is not exact is marked; exact is only what the whole answer says, too."""
    for end in range(len(sample.body)):
        is_complete = end % 2 == 0
        usage = read(sample.body[:end], sample.media_type, sample.facts, is_complete=is_complete)
        if usage is None or usage.is_estimate or sample.context.get("processing"):
            continue
        assert usage.units == sample.units


@pytest.mark.parametrize("sample", CHAT_SAMPLES[-4:], ids=lambda sample: sample.name)
@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate"])
def test_coded_bodies_are_decoded(sample: Sample, coding: str) -> None:
    if coding == "gzip":
        half = len(sample.body) // 2
        coded = gzip.compress(sample.body[:half]) + gzip.compress(sample.body[half:])
    else:
        coded = zlib.compress(sample.body)
        coded = coded[2:-4] if coding == "raw deflate" else coded
    for step in (1, 7, len(coded)):
        reader = reader_of(sample.media_type, sample.facts, coding=coding.split()[-1])
        for start in range(0, len(coded), step):
            reader.feed(coded[start : start + step])
        assert tokens(reader.finish(True)) == sample.units


@pytest.mark.parametrize(
    "sample", [one for one in SAMPLES if one.media_type == SSE], ids=lambda sample: sample.name
)
@pytest.mark.parametrize("line_end", [b"\r", b"\r\n"])
def test_line_ends_comments_and_marks_of_streams(sample: Sample, line_end: bytes) -> None:
    plain = sample.body.replace(b"\r\n", b"\n").replace(b"data: ", b"id: 7\n: still here\ndata:")
    body = b"\xef\xbb\xbf: hello\n\n" + plain
    body = body.replace(b"\n", line_end)

    assert tokens(read(body, sample.media_type, sample.facts)) == sample.units
    cuts = range(1, len(body))
    assert tokens(read(body, sample.media_type, sample.facts, cuts=cuts)) == sample.units
