import { describe, expect, test, vi } from "vitest";
import { apiRequest, problemResponse, signedIn } from "./fake-api";
import { ApiError } from "./problem";
import { sendConfirmed, StepUp } from "./step-up";

/** A signed-in tab whose API wants a confirmation until `confirmed` is set. */
async function guarded() {
  const { api, session } = await signedIn();
  const state = { confirmed: false };
  const bodies: string[] = [];
  api.respond = async (request) => {
    bodies.push(await request.text());
    return state.confirmed ? Response.json({ ok: true }) : problemResponse(403, "step_up_required");
  };
  const stepUp = new StepUp();
  const onSetUp = vi.fn();
  const send = () =>
    sendConfirmed(apiRequest(), (request) => session.fetch(request), stepUp, onSetUp);
  return { api, session, stepUp, state, bodies, send, onSetUp };
}

/** Resolves when the user is being asked. */
function asked(stepUp: StepUp): Promise<void> {
  return new Promise((resolve) => {
    const stop = stepUp.subscribe(() => {
      if (stepUp.open) {
        stop();
        resolve();
      }
    });
  });
}

describe("a request that needs a confirmation", () => {
  test("is repeated with its body after the user confirmed", async () => {
    const { stepUp, state, bodies, send } = await guarded();
    const response = send();
    await asked(stepUp);
    state.confirmed = true;
    stepUp.confirm();
    expect(await (await response).json()).toEqual({ ok: true });
    expect(bodies).toEqual(["{}", "{}"]);
    expect(stepUp.open).toBe(false);
  });

  test("fails with a clear message if the user cancels, and is not repeated", async () => {
    const { stepUp, bodies, send } = await guarded();
    const response = send();
    await asked(stepUp);
    stepUp.cancel();
    await expect(response).rejects.toMatchObject({
      code: "step_up_cancelled",
      message: expect.stringContaining("you did not confirm") as string,
    });
    expect(bodies).toHaveLength(1);
  });

  test("shares one question with others", async () => {
    const { stepUp, state, bodies, send } = await guarded();
    const changes = vi.fn();
    stepUp.subscribe(changes);
    const responses = Promise.all([send(), send(), send()]);
    await vi.waitFor(() => expect(bodies).toHaveLength(3));
    expect(stepUp.open).toBe(true);
    state.confirmed = true;
    stepUp.confirm();
    expect((await responses).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(changes).toHaveBeenCalledTimes(2); // asked, confirmed
  });

  test("gets the API's problem if the confirmation was not enough", async () => {
    const { stepUp, send } = await guarded();
    const response = send();
    await asked(stepUp);
    stepUp.confirm();
    expect((await response).status).toBe(403);
  });
});

test("other refusals reach the page as they are", async () => {
  const { api, stepUp, send, onSetUp } = await guarded();
  api.respond = () => problemResponse(403, "wrong_password");
  expect((await send()).status).toBe(403);
  expect(stepUp.open).toBe(false);
  expect(onSetUp).not.toHaveBeenCalled();
});

test("a missing second factor is reported", async () => {
  const { api, send, onSetUp } = await guarded();
  api.respond = () => problemResponse(403, "second_factor_setup_required");
  expect((await send()).status).toBe(403);
  expect(onSetUp).toHaveBeenCalledOnce();
});

describe("work that is no request of the client", () => {
  test("is done once more after the user confirmed", async () => {
    const stepUp = new StepUp();
    const work = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new ApiError("", { status: 403, code: "step_up_required" }))
      .mockResolvedValue("done");
    const result = stepUp.run(work);
    await asked(stepUp);
    stepUp.confirm();
    expect(await result).toBe("done");
  });

  test("fails at once for another reason", async () => {
    const stepUp = new StepUp();
    const refused = new ApiError("", { status: 403, code: "wrong_password" });
    await expect(stepUp.run(() => Promise.reject(refused))).rejects.toBe(refused);
    expect(stepUp.open).toBe(false);
  });
});
