import { MultiBar } from 'cli-progress'

export type Tell = (done: number) => void

export type Progress = ReturnType<typeof createProgress>

/** Shows how far the steps have come; where nobody watches, one line when each is done. */
export function createProgress({ isQuiet = false } = {}) {
  const isWatched = process.stdout.isTTY && !isQuiet
  const bars = isWatched
    ? new MultiBar({
        format: '  {title} {bar} {percentage}%  {value}  {duration_formatted}',
        hideCursor: true,
        clearOnComplete: true,
      })
    : undefined

  return {
    async step<T>(title: string, total: number, work: (tell: Tell) => Promise<T>): Promise<T> {
      const started = performance.now()
      let count = 0
      const bar = bars?.create(total, 0, { title: title.padEnd(22) })
      const result = await work((done) => {
        count += done
        bar?.increment(done)
      })
      const seconds = ((performance.now() - started) / 1_000).toFixed(1)
      if (bar) bars?.remove(bar)
      const line = `  ${title.padEnd(22)} ${seconds.padStart(7)} s  ${count > 1 ? count.toLocaleString('en') : ''}`
      if (bars) bars.log(`${line}\n`)
      else if (!isQuiet) console.log(line)
      return result
    },
    stop: () => bars?.stop(),
  }
}
