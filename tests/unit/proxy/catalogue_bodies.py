"""Bodies of providers' responses, from their documentation and SDKs.

A text that begins with `follow:` is a URL of the API that clients call; the proxy rewrites it. One
that begins with `keep:` is a URL of the API that stays: clients show it, or send it back to the API
as an argument.
"""

from __future__ import annotations

from typing import Any

BODIES: list[tuple[str, Any]] = [
    # The SDK's `batches.results` gets this URL with the key.
    (
        "anthropic",
        {
            "id": "msgbatch_1",
            "type": "message_batch",
            "results_url": "follow:/v1/messages/batches/msgbatch_1/results",
        },
    ),
    (
        "asana",
        {
            "data": [{"gid": "1", "permalink_url": "keep:/0/1/2"}],
            "next_page": {
                "offset": "yJ0eXA",
                "path": "/tasks?project=1&limit=5&offset=yJ0eXA",
                "uri": "follow:/api/1.0/tasks?project=1&limit=5&offset=yJ0eXA",
            },
        },
    ),
    (
        "assemblyai",
        {
            "page_details": {
                "limit": 10,
                "current_url": "follow:/v2/transcript?limit=10",
                "prev_url": "follow:/v2/transcript?limit=10&before_id=1",
                "next_url": "follow:/v2/transcript?limit=10&after_id=2",
            },
            "transcripts": [
                {
                    "id": "1",
                    "resource_url": "follow:/v2/transcript/1",
                    "audio_url": "https://cdn.assemblyai.com/upload/1",
                }
            ],
        },
    ),
    ("assemblyai", {"upload_url": "https://cdn.assemblyai.com/upload/f756988d"}),
    (
        "black-forest-labs",
        {
            "id": "1",
            "polling_url": "follow:/v1/get_result?id=1",
            "result": {"polling_url": "keep:/"},
        },
    ),
    (
        "buildkite",
        {
            "id": "1",
            "url": "follow:/v2/organizations/o/pipelines/p/builds/1",
            "web_url": "https://buildkite.com/o/p/builds/1",
            "jobs": [
                {"raw_log_url": "follow:/v2/organizations/o/pipelines/p/builds/1/jobs/2/log.txt"}
            ],
        },
    ),
    (
        "confluence",
        {
            "results": [{"_links": {"self": "follow:/rest/api/content/1", "webui": "/spaces/1"}}],
            "_links": {"base": "follow:", "next": "/rest/api/content?start=25"},
        },
    ),
    (
        "datadog",
        {
            "data": [{"id": "AAAA", "attributes": {"url": "keep:/x"}}],
            "links": {
                "next": "follow:/api/v2/logs/events?filter%5Bquery%5D=foo&page%5Bcursor%5D=eyJ"
            },
        },
    ),
    (
        "digitalocean",
        {
            "droplet": {"id": 1},
            "links": {
                "actions": [{"id": 2, "rel": "create", "href": "follow:/v2/actions/2"}],
                "pages": {
                    "next": "follow:/v2/droplets?page=2",
                    "last": "follow:/v2/droplets?page=3",
                },
            },
        },
    ),
    # fal-client polls and cancels by these URLs.
    (
        "fal-queue",
        {
            "request_id": "80e732af",
            "status_url": "follow:/fal-ai/flux/requests/80e732af/status",
            "response_url": "follow:/fal-ai/flux/requests/80e732af",
            "cancel_url": "follow:/fal-ai/flux/requests/80e732af/cancel",
        },
    ),
    (
        "figma",
        {
            "versions": [{"id": "1", "thumbnail_url": "https://s3-alpha.figma.com/1"}],
            "pagination": {
                "prev_page": "follow:/v1/files/k/versions?page_size=2&after=1",
                "next_page": "follow:/v1/files/k/versions?page_size=2&before=1",
            },
        },
    ),
    # The page that was scraped may be one of the API itself.
    ("firecrawl", {"success": True, "id": "1", "url": "follow:/v2/crawl/1"}),
    (
        "firecrawl",
        {
            "status": "scraping",
            "next": "follow:/v2/crawl/1?skip=10",
            "data": [{"metadata": {"url": "keep:/", "sourceURL": "keep:/", "next": "keep:/2"}}],
        },
    ),
    (
        "gitlab",
        {
            "id": 1,
            "web_url": "keep:/group/project",
            "http_url_to_repo": "keep:/group/project.git",
            "_links": {
                "self": "follow:/api/v4/projects/1",
                "issues": "follow:/api/v4/projects/1/issues",
                "opened_issues_url": "keep:/group/project/-/issues",
            },
        },
    ),
    (
        "hubspot",
        {
            "results": [{"id": "1", "properties": {"link": "keep:/x"}}],
            "paging": {
                "next": {"after": "2", "link": "follow:/crm/v3/objects/contacts?limit=1&after=2"},
                "prev": {"before": "0", "link": "?before=0"},
            },
        },
    ),
    (
        "intercom",
        {
            "type": "list",
            "pages": {"type": "pages", "next": "follow:/articles?per_page=25&page=2", "page": 1},
            "data": [{"id": "1", "url": "keep:/x"}],
        },
    ),
    (
        "intercom",
        {"pages": {"type": "pages", "next": {"page": 2, "starting_after": "WzE="}}, "data": []},
    ),
    (
        "intercom",
        {"job_identifier": "1", "download_url": "follow:/download/content/data/1"},
    ),
    # python-jira calls `self` of each resource, and `content` of an attachment.
    (
        "jira",
        {
            "self": "follow:/rest/api/2/issue/10000",
            "nextPage": "follow:/rest/api/3/project/search?startAt=50",
            "fields": {
                "description": {"type": "doc", "content": [{"text": "keep:/browse/A-1"}]},
                "attachment": [
                    {
                        "self": "follow:/rest/api/2/attachment/1",
                        "content": "follow:/rest/api/3/attachment/content/1",
                        "thumbnail": "follow:/rest/api/3/attachment/thumbnail/1",
                    }
                ],
                "status": {"self": "follow:/rest/api/2/status/1", "iconUrl": "keep:/images/1.png"},
            },
        },
    ),
    (
        "jira",
        {
            "_links": {
                "self": "follow:/rest/servicedeskapi/request/1",
                "jiraRest": "follow:/rest/api/2/issue/1",
                "next": "follow:/rest/servicedeskapi/request?start=50",
                "web": "keep:/servicedesk/customer/portal/1/A-1",
            }
        },
    ),
    (
        "mailgun",
        {
            "items": [
                {
                    "event": "accepted",
                    "storage": {
                        "url": "https://storage-us-east4.api.mailgun.net/v3/domains/d/messages/1"
                    },
                    "next": "keep:/x",
                }
            ],
            "paging": {
                "first": "follow:/v3/d/events/W1",
                "previous": "follow:/v3/d/events/W2",
                "next": "follow:/v3/d/events/W3",
                "last": "follow:/v3/d/events/W4",
            },
        },
    ),
    (
        "klaviyo",
        {
            "data": [{"id": "1", "links": {"self": "keep:/api/profiles/1"}}],
            "links": {
                "self": "keep:/api/profiles",
                "next": "follow:/api/profiles?page%5Bcursor%5D=b",
            },
        },
    ),
    ("massive", {"results": [], "next_url": "follow:/v3/reference/tickers?cursor=YWN0"}),
    (
        "notion",
        {
            "object": "file_upload",
            "upload_url": "follow:/v1/file_uploads/1/send",
            "complete_url": "follow:/v1/file_uploads/1/complete",
        },
    ),
    (
        "notion",
        {
            "object": "page",
            "url": "https://www.notion.so/1",
            "properties": {"Site": {"url": "keep:/"}},
        },
    ),
    ("openrouter", {"id": "1", "status": "pending", "polling_url": "follow:/api/v1/videos/1"}),
    (
        "openrouter",
        {"unsigned_urls": [f"follow:/api/v1/videos/1/content?index={n}" for n in (0, 1)]},
    ),
    (
        "paddle",
        {
            "data": [{"id": "pro_1", "custom_data": {"next": "keep:/x"}}],
            "meta": {
                "pagination": {
                    "per_page": 1,
                    "next": "follow:/products?after=pro_1",
                    "has_more": True,
                }
            },
        },
    ),
    # The SDK's rget, rput and rdelete take a resource and call its `self`.
    (
        "pagerduty",
        {
            "user": {
                "id": "P1",
                "self": "follow:/users/P1",
                "html_url": "https://x.pagerduty.com/users/P1",
            }
        },
    ),
    (
        "pexels",
        {
            "photos": [{"id": 1, "url": "https://www.pexels.com/photo/1/"}],
            "next_page": "follow:/v1/search/?page=3&query=x",
            "prev_page": "follow:/v1/search/?page=1&query=x",
        },
    ),
    ("posthog", {"count": 2, "next": "follow:/api/projects/1/insights/?offset=1", "results": []}),
    (
        "replicate",
        {
            "id": "p1",
            "input": {"image": "keep:/v1/files/f1"},
            "urls": {
                "get": "follow:/v1/predictions/p1",
                "cancel": "follow:/v1/predictions/p1/cancel",
                "stream": "https://stream.replicate.com/v1/files/s1",
            },
        },
    ),
    ("replicate", {"next": "follow:/v1/models?cursor=1", "previous": None, "results": []}),
    (
        "replicate",
        {"urls": {"get": "follow:/v1/trainings/t1", "cancel": "follow:/v1/trainings/t1/cancel"}},
    ),
    # The SDK sends the URL of a file back as `input.image`.
    ("replicate", {"id": "f1", "urls": {"get": "keep:/v1/files/f1"}}),
    (
        "sendgrid",
        {
            "result": [],
            "_metadata": {
                "self": "follow:/v3/marketing/singlesends?page_size=1",
                "next": "follow:/v3/marketing/singlesends?page_token=2",
                "prev": "follow:/v3/marketing/singlesends?page_token=0",
                "count": 3,
            },
        },
    ),
    ("sentry", {"url": "follow:/api/0/organizations/o/chunk-upload/", "chunkSize": 1}),
    ("sentry", {"permalink": "keep:/organizations/o/issues/1/", "url": "keep:/o/issues/1/"}),
    (
        "serpapi",
        {
            "search_metadata": {"json_endpoint": "follow:/searches/1.json"},
            "organic_results": [{"link": "https://example.org/", "source": "keep:/"}],
            "related_searches": [{"serpapi_link": "follow:/search.json?engine=google&q=y"}],
            "serpapi_pagination": {"next": "follow:/search.json?engine=google&q=x&start=10"},
        },
    ),
    ("stripe-files", {"id": "file_1", "url": "follow:/v1/files/file_1/contents"}),
    (
        "twilio",
        {
            "meta": {
                "next_page_url": "follow:/v1/Services?PageSize=1&Page=1",
                "first_page_url": "follow:/v1/Services?PageSize=1&Page=0",
                "url": "follow:/v1/Services?PageSize=1",
            },
            "services": [{"sid": "VA1", "callback": "keep:/x"}],
        },
    ),
    ("twilio", {"next_page_uri": "/2010-04-01/Accounts/AC1/Messages.json?Page=1", "messages": []}),
    # Clients send `workspace` and `theme` back when they change a form.
    (
        "typeform",
        {
            "workspace": {"href": "keep:/workspaces/1"},
            "theme": {"href": "keep:/themes/1"},
            "_links": {
                "display": "https://x.typeform.com/to/1",
                "responses": "follow:/forms/1/responses",
            },
        },
    ),
    (
        "unsplash",
        {
            "id": "1",
            "urls": {"raw": "https://images.unsplash.com/1"},
            "links": {
                "self": "follow:/photos/1",
                "html": "https://unsplash.com/photos/1",
                "download_location": "follow:/photos/1/download?ixid=1",
            },
        },
    ),
    (
        "zendesk",
        {
            "job_status": {"id": "1", "url": "follow:/api/v2/job_statuses/1.json"},
            "after_url": "follow:/api/v2/incremental/tickets/cursor.json?cursor=1",
            "next_page": "follow:/api/v2/tickets.json?page=2",
            "attachments": [{"content_url": "follow:/attachments/token/1/?name=a.png"}],
            "article": {"html_url": "keep:/hc/en-us/articles/1", "url": "keep:/hc/1"},
        },
    ),
]
