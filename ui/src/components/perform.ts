import { tellDone, tellFailed } from "./toasts.tsx";

/** Does what a person asked for and tells how it went. @returns whether it was done. */
export async function perform(work: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await work();
    tellDone(done);
    return true;
  } catch (error) {
    tellFailed(error);
    return false;
  }
}
