/**
 * Runs tasks two at a time, as the machines that run this have two cores: what one waits for, the other works.
 * Rejects with the first failure, once the other task has ended.
 */
export async function inPairs<T>(
  items: Iterable<T>,
  task: (item: T, worker: number) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const work = async (worker: number) => {
    try {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await task(item, worker);
    } finally {
      queue.length = 0;
    }
  };
  const ends = await Promise.allSettled([work(0), work(1)]);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
