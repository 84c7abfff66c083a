/** In-process publish and subscribe, synchronous and in order. A listener that throws does not stop the others. */
export interface Bus<E> {
  publish(event: E): void;
  /** Returns the function that unsubscribes. */
  subscribe(listener: (event: E) => void): () => void;
}

export function createBus<E>(onListenerError: (error: unknown) => void): Bus<E> {
  const listeners = new Set<(event: E) => void>();
  return {
    publish(event) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onListenerError(error);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
