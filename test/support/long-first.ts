import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Small files that take long: each runs a whole suite that is kept elsewhere. */
const long = "/test/channels/";

/** The order of test files: by size, as is usual, but what takes long does not come last, where it would run alone. */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => Number(b.moduleId.includes(long)) - Number(a.moduleId.includes(long)));
  }
}
