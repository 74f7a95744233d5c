import { expect, test } from "vitest";
import { ApiError, asApiError, errorFromResponse, unreachable } from "./problem";

function answer(status: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status, headers });
}

test("an error contains the members of a problem document", () => {
  const document = {
    code: "invalid_field",
    title: "A field is wrong",
    detail: "Expected `int` >= 1.",
    request_id: "b3f1",
    field: "limit",
  };
  const error = errorFromResponse(answer(422), document);
  expect(error).toMatchObject({ status: 422, code: "invalid_field", field: "limit" });
  expect(error.message).toBe("Expected `int` >= 1.");
  expect(error.requestId).toBe("b3f1");
  expect(error.retryAfter).toBeUndefined();
});

test("without a detail, the title is the message", () => {
  expect(errorFromResponse(answer(404), { title: "There is nothing here" }).message).toBe(
    "There is nothing here",
  );
});

test.each([undefined, null, "<html>", [1], { code: 7, detail: {} }])(
  "a response without a problem document still has status and request id: %j",
  (body) => {
    const error = errorFromResponse(answer(502, { "X-Request-Id": "a1" }), body);
    expect(error).toMatchObject({ status: 502, code: "unknown", requestId: "a1" });
    expect(error.message).toBe("The API responded with status 502 and no error message.");
  },
);

test("Retry-After becomes the time to wait", () => {
  expect(errorFromResponse(answer(429, { "Retry-After": "12" }), {}).retryAfter).toBe(12);
  expect(errorFromResponse(answer(429, { "Retry-After": "soon" }), {}).retryAfter).toBeUndefined();
});

test.each([
  [unreachable(), true],
  [errorFromResponse(answer(503), {}), true],
  [errorFromResponse(answer(404), {}), false],
  [errorFromResponse(answer(429), {}), false],
])("%s is transient: %s", (error, passing) => {
  expect(error.transient).toBe(passing);
});

test("anything thrown becomes an ApiError", () => {
  const known = new ApiError("No.", { status: 403, code: "token_scope" });
  expect(asApiError(known)).toBe(known);
  expect(asApiError(new TypeError("x is undefined"))).toMatchObject({
    status: 0,
    code: "page_error",
  });
});
