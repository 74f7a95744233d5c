// CloudFront runs this before it looks for a file. A page's path gets index.html; assets and files in
// the root stay. Any other path gets the API's kind of 404. The API and the proxy do not use this.
var pages = [
  '/', '/sign-in', '/sign-up', '/keys', '/env-files', '/tokens', '/requests', '/rate-limits',
  '/spend', '/playground', '/notifications', '/audit', '/account',
];
var apiPage = /^\/apis\/[a-z0-9][a-z0-9_-]{0,47}$/;

function handler(event) {
  var request = event.request;
  if (/^\/(assets\/.+|[^/]+\.[^/]+)$/.test(request.uri)) {
    return request;
  }
  var page = request.uri.length > 2 ? request.uri.replace(/\/$/, '') : request.uri;
  if (pages.indexOf(page) >= 0 || apiPage.test(page)) {
    request.uri = '/index.html';
    return request;
  }
  var problem = {
    type: '/api/docs#not_found',
    title: 'Not found',
    status: 404,
    code: 'not_found',
    detail: 'The dashboard has no page at this path. See /api/docs for the paths of the API.',
    request_id: event.context ? event.context.requestId : '',
  };
  return {
    statusCode: 404,
    statusDescription: 'Not Found',
    headers: {
      'content-type': { value: 'application/problem+json' },
      'cache-control': { value: 'no-store' },
      'x-content-type-options': { value: 'nosniff' },
    },
    body: JSON.stringify(problem),
  };
}
