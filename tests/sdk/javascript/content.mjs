// What the clients send: not text, and like a boundary.
export const FILE = Buffer.from('{"line": 1}\r\n\x00\xff--not-a-boundary\r\n'.repeat(5000), "latin1");

// What an act was refused with: the error's class and status.
export async function raised(act, status = (problem) => problem.status ?? problem.statusCode) {
  try {
    await act();
  } catch (problem) {
    return [problem.constructor.name, status(problem)];
  }
  return null;
}
