import { jest } from '@jest/globals'

/** What is written while `work` runs: the log and the metrics, parsed line by line. */
export async function captureOutput(work: () => Promise<unknown>) {
  const lines: string[] = []
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockImplementation((chunk) => {
      lines.push(...String(chunk).split('\n').filter(Boolean))
      return true
    }),
  )
  await work().finally(() => {
    for (const spy of spies) spy.mockRestore()
  })
  const entries: Record<string, unknown>[] = lines.map((line) => JSON.parse(line))
  return {
    text: lines.join('\n'),
    log: entries.filter((entry) => 'level' in entry),
    metrics: entries.filter((entry) => '_aws' in entry),
  }
}
