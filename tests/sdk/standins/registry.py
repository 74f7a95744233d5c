"""The stand-ins by the slugs of their providers."""

from __future__ import annotations

from tests.sdk.standins.anthropic import Anthropic
from tests.sdk.standins.base import Standin
from tests.sdk.standins.cohere import Cohere
from tests.sdk.standins.deepgram import Deepgram
from tests.sdk.standins.discord import Discord
from tests.sdk.standins.elevenlabs import ElevenLabs
from tests.sdk.standins.gemini import Gemini
from tests.sdk.standins.github import GitHub
from tests.sdk.standins.gitlab import GitLab
from tests.sdk.standins.groq import Groq
from tests.sdk.standins.hubspot import HubSpot
from tests.sdk.standins.huggingface import HuggingFaceHub, HuggingFaceInference
from tests.sdk.standins.mistral import Mistral
from tests.sdk.standins.notion import Notion
from tests.sdk.standins.openai import OpenAi
from tests.sdk.standins.replicate import Replicate
from tests.sdk.standins.slack import Slack
from tests.sdk.standins.stripe import Stripe
from tests.sdk.standins.supabase import Supabase
from tests.sdk.standins.telegram import Telegram
from tests.sdk.standins.twilio import Twilio

STANDINS: dict[str, type[Standin]] = {
    made.slug: made
    for made in (
        Anthropic,
        Cohere,
        Deepgram,
        Discord,
        ElevenLabs,
        GitHub,
        GitLab,
        Gemini,
        Groq,
        HubSpot,
        HuggingFaceHub,
        HuggingFaceInference,
        Mistral,
        Notion,
        OpenAi,
        Replicate,
        Slack,
        Stripe,
        Supabase,
        Telegram,
        Twilio,
    )
}
FURTHER = {"stripe-files": "stripe", "github-uploads": "github"}
"""APIs that are additional hosts of a provider, with the provider's slug."""


def standin_class(api: str) -> type[Standin]:
    """Return the stand-in of an API."""
    return STANDINS[FURTHER.get(api, api)]
