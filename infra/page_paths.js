// CloudFront runs this before it looks for a file. A path that is neither an asset nor a file in the
// root is the path of a page, so it gets index.html. The API and the proxy do not use this.
function handler(event) {
  var request = event.request;
  if (!/^\/(assets\/.+|[^/]+\.[^/]+)$/.test(request.uri)) {
    request.uri = '/index.html';
  }
  return request;
}
