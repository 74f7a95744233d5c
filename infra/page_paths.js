// Runs in the CDN before a file is looked for: whatever is neither an asset nor a file of the root
// is a page's path, and gets the page. API and proxy have behaviours of their own without this.
function handler(event) {
  var request = event.request;
  if (!/^\/(assets\/.+|[^/]+\.[^/]+)$/.test(request.uri)) {
    request.uri = '/index.html';
  }
  return request;
}
