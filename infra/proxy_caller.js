// CloudFront runs this before it forwards a request of /proxy/*. It replaces what a client sent in
// these fields, so that the streaming function knows the client's address and the host it called.
function handler(event) {
  var request = event.request;
  request.headers['x-dashboard-viewer'] = { value: event.viewer.ip };
  request.headers['x-dashboard-host'] = { value: request.headers.host.value };
  // Otherwise CloudFront builds the query string from its parsed parts, in another order.
  var query = request.rawQueryString ? request.rawQueryString() : '';
  if (query) {
    request.querystring = query;
  }
  return request;
}
