"""Invented keys in the forms that providers issue, old and new, and secrets that are not keys."""

from __future__ import annotations

HEX = "0123456789abcdef" * 16
MIXED = "aB3dE5gH7jK9mN1pQ2sT4vW6xY8z" * 40
UPPER = "ABCDEFGH23456789" * 10
UUID = "01234567-89ab-cdef-0123-456789abcdef"
_JWT_HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

KEYS = [
    ("anthropic", f"sk-ant-api03-{MIXED[:93]}AA"),
    ("anthropic", f"sk-ant-admin01-{MIXED[:93]}AA"),
    ("anthropic", f"sk-ant-oat01-{MIXED[:93]}AA"),
    ("asana", f"2/1200000000000000/1200000000000001:{HEX[:32]}"),
    ("asana", f"0/{HEX[:32]}"),
    ("aws-bedrock", f"bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t{MIXED[:1000]}=="),
    ("brave-search", f"BSA{MIXED[:24]}"),
    ("circleci", f"CCIPRJ_{MIXED[:22]}_{HEX[:40]}"),
    ("databricks", f"dapi{HEX[:32]}-2"),
    ("figma", f"figu_{MIXED[:40]}"),
    *(("github", f"{prefix}_{MIXED[:36]}") for prefix in ("ghp", "gho", "ghu", "ghs", "ghr")),
    ("github", f"github_pat_{MIXED[:22]}_{MIXED[:59]}"),
    ("github", f"ghs_12345_eyJ{MIXED[:40]}.eyJ{MIXED[:200]}.{MIXED[:86]}"),
    ("gitlab", f"glpat-{MIXED[:27]}.01.0w{HEX[:7]}"),
    ("grafana", f"eyJrIjoi{MIXED[:84]}=="),
    ("hubspot", f"pat-eu1-{UUID}"),
    ("hubspot", f"pat-na2-{UUID.upper()}"),
    ("huggingface", f"hf_{MIXED[:34]}"),
    ("jira", f"ATATT3{MIXED[:186]}"),
    ("klaviyo", f"pk_{MIXED[:6]}_{HEX[:34]}"),
    ("langsmith", f"lsv2_sk_{HEX[:32]}_{HEX[:10]}"),
    ("mailchimp", f"{HEX[:32]}-us6"),
    ("mailgun", f"key-{HEX[:32]}"),
    ("netlify", f"nfc_{MIXED[:36]}"),
    ("notion", f"ntn_12345678901{MIXED[:35]}"),
    ("notion", f"secret_{MIXED[:43]}"),
    ("openai", f"sk-proj-{MIXED[:58]}T3BlbkFJ{MIXED[:58]}"),
    ("openai", f"sk-svcacct-{MIXED[:74]}T3BlbkFJ{MIXED[:74]}"),
    ("openai", f"sk-admin-{MIXED[:58]}T3BlbkFJ{MIXED[:58]}"),
    ("openai", f"sk-None-{MIXED[:20]}T3BlbkFJ{MIXED[:20]}"),
    ("openai", f"sk-{MIXED[:20]}T3BlbkFJ{MIXED[:20]}"),
    ("sentry", f"sntrys_eyJ{MIXED[:120]}=_{MIXED[:43]}"),
    ("shopify", f"shpua_{HEX[:32]}"),
    ("slack", f"xoxp-123456789012-123456789012-123456789012-{HEX[:32]}"),
    ("slack", f"xoxb-123456789012-{MIXED[:24]}"),
    ("slack", f"xoxe.xoxp-1-{UPPER[:150]}"),
    ("slack", f"xapp-1-A0123456789-1234567890123-{HEX[:64]}"),
    ("stripe", f"rk_live_{MIXED[:99]}"),
    ("stripe", f"sk_org_live_{MIXED[:60]}"),
    ("supabase", f"sb_publishable_{MIXED[:31]}"),
    ("supabase", f"{_JWT_HEADER}.eyJpc3MiOiJzdXBhYmFzZSIsInJlZiI6{MIXED[:90]}.{MIXED[:43]}"),
    ("supabase", f"{_JWT_HEADER}.eyJyb2xlIjoiYW5vbiIsImlhdCI6{MIXED[:40]}.{MIXED[:43]}"),
    ("supabase-management", f"sbp_{HEX[:40]}"),
    ("telegram", f"7654321:{MIXED[:35]}"),
    ("telegram", f"7654321098:AA{MIXED[:33]}"),
]

FOREIGN = [
    f"{_JWT_HEADER}.eyJzdWIiOiIxMjM0NTY3ODkw{MIXED[:60]}.{MIXED[:43]}",
    f"pk_live_{MIXED[:99]}",
    f"tskey-auth-{MIXED[:16]}-{MIXED[:32]}",
    f"ck_{HEX[:40]}",
    f"phc_{MIXED[:43]}",
    f"glrt-{MIXED[:20]}",
    f"AIza{MIXED[:35]}",
    "00000000-0000-0000-0000-000000000000",
    "sk-your-key-here",
    "ghp_xxxx",
]
