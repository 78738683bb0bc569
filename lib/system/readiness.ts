import { logger } from '../logger.ts'
import type { Readiness } from './schemas.ts'

type CheckName = keyof Readiness['checks']
export type Checks = Readonly<Record<CheckName, (signal: AbortSignal) => Promise<unknown>>>

export interface ReadinessDependencies {
  /** Makes the clients; what loading them takes counts against no check. */
  readonly loadChecks: () => Promise<Checks>
  readonly now?: () => number
  readonly budgetMs?: number
  readonly rememberMs?: number
}

/** Asks what we depend on. The answer is kept for a while: the route is public, its cost must be bounded. */
export function createReadiness(dependencies: ReadinessDependencies) {
  const { loadChecks, now = Date.now, budgetMs = 1_000, rememberMs = 5_000 } = dependencies
  let last: { readonly at: number; readonly answer: Promise<Readiness> } | undefined

  async function ask(): Promise<Readiness> {
    const checks = Object.entries(await loadChecks())
    const results = await Promise.all(
      checks.map(async ([name, check]) => [name, await run(name, check)] as const),
    )
    const isReady = results.every(([, result]) => result === 'ok')
    return {
      status: isReady ? 'ready' : 'not_ready',
      checks: Object.fromEntries(results) as Readiness['checks'],
    }
  }

  async function run(name: string, check: (signal: AbortSignal) => Promise<unknown>) {
    try {
      await withinBudget(check, budgetMs)
      return 'ok'
    } catch (error) {
      logger.warn('readiness check failed', { check: name, error: error as Error })
      return 'failing'
    }
  }

  return function check(): Promise<Readiness> {
    if (!last || now() - last.at >= rememberMs) last = { at: now(), answer: ask() }
    return last.answer
  }
}

/** Not every client heeds the signal, so the wait itself ends, too. */
async function withinBudget(check: (signal: AbortSignal) => Promise<unknown>, budgetMs: number) {
  const abort = new AbortController()
  const { promise: expired, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    reject(new Error(`There was no answer within ${budgetMs} ms`))
    abort.abort()
  }, budgetMs)
  try {
    await Promise.race([check(abort.signal), expired])
  } finally {
    clearTimeout(timer)
  }
}
