/**
 * Does what is due, as soon as it is due. Between two looks at the store one timer runs; `wake` has it look again, for
 * something was added.
 */
export function createDueLoop<T>(options: {
  readonly now: () => number
  /** When the next one is due, in milliseconds; undefined where nothing waits. */
  readonly next: () => number | undefined
  /** What is due, and from now on in hand. */
  readonly take: () => readonly T[]
  readonly run: (item: T) => void | Promise<void>
  readonly onError: (error: unknown) => void
}) {
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const wake = () => {
    if (isClosed) return
    clearTimeout(timer)
    const next = options.next()
    if (next !== undefined) timer = setTimeout(look, Math.max(0, next - options.now()))
  }
  const look = () => {
    for (const item of options.take()) void work(item)
    wake()
  }
  const work = async (item: T) => {
    try {
      await options.run(item)
    } catch (error) {
      if (!isClosed) options.onError(error)
    } finally {
      wake()
    }
  }
  return {
    wake,
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}
