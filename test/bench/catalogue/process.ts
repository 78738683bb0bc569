import { createRequire } from 'node:module'
import path from 'node:path'
import postgres from 'postgres'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createSecrets } from '../../../lib/aws/secrets.ts'
import type { ApiHandler } from '../../../lib/http/api.ts'
import type { ApiEvent } from '../../../lib/http/exchange.ts'
import { context } from '../../support/api.ts'
import { type Statement, tapStatements } from '../../support/wire-tap.ts'
import { createCallers } from './callers.ts'
import { type Case, casesOf } from './cases.ts'
import { scaleOf } from './library.ts'
import { createReplay, withoutAsides } from './replay.ts'
import { findSubjects } from './subjects.ts'
import { type CaseTimes, quantilesOf, ratioOf } from './times.ts'

/**
 * Times routes through the deployed bundles beside the statements that they sent, in alternation. A process of its
 * own, so that its log lines are written as in Lambda and read by nobody. What each call sends is heard once, before
 * anything is timed, and then sent again by a bare client.
 */
const mostCalls = 80
const fewestCalls = 20
const listenMs = 2_000
const measureMs = 2_500

const tap = tapStatements()
const require = createRequire(import.meta.url)
const load = (name: string): ApiHandler => require(path.resolve('dist', name, 'index.js')).handler
const handlers = {
  tracks: load('tracks'),
  users: load('users'),
  social: load('social'),
  playlists: load('playlists'),
}

interface Call {
  readonly event: ApiEvent
  readonly statements: readonly Statement[]
}

const sql = postgres({ max: 1, onnotice: () => {} })
const subjects = await findSubjects(sql, scaleOf(Number(process.env.BENCH_TRACKS)))
const ring = parseKeyRing(await createSecrets().read(process.env.JWT_SECRET_ARN!))
const callers = await createCallers(sql, ring, subjects)
await sql.end()

const cases = casesOf(subjects).filter(({ name }) => name.includes(process.env.BENCH_ONLY ?? ''))
const calls = new Map<Case, Call[]>()
for (const one of cases) calls.set(one, await listenTo(one))
tap.stop()

const replay = createReplay()
for (const one of cases) process.send!(await measure(one, calls.get(one)!))
process.send!('done')

/** Every call once, which also makes the functions and the caches of the server warm. */
async function listenTo(one: Case): Promise<Call[]> {
  const heard: Call[] = []
  const handler = handlers[one.group]
  const ends = performance.now() + listenMs
  const events = callers.eventsOf(one, mostCalls)
  let refused = 0
  for (const event of events) {
    tap.take()
    const { statusCode, body } = await handler(event, context())
    const statements = withoutAsides(tap.take())
    // The caller and the artist may have blocked each other.
    if (statusCode === 404) refused += 1
    else if (statusCode !== 200) throw new Error(`${one.name} answered ${statusCode}: ${body}`)
    else heard.push({ event, statements })
    if (performance.now() > ends && heard.length >= fewestCalls) break
  }
  if (refused > events.length / 4) throw new Error(`${one.name} found too little: ${refused} times nothing`)
  return heard
}

async function measure(one: Case, some: readonly Call[]): Promise<CaseTimes> {
  const handler = handlers[one.group]
  const [ours, bare]: [number[], number[]] = [[], []]
  let slowest: { ms: number; call: Call } | undefined
  const ways = [
    async ({ event }: Call) => {
      const started = performance.now()
      await handler(event, context())
      ours.push(performance.now() - started)
    },
    async (call: Call) => {
      const started = performance.now()
      await replay.run(call.statements)
      const ms = performance.now() - started
      bare.push(ms)
      if (ms > (slowest?.ms ?? 0)) slowest = { ms, call }
    },
  ] as const
  // The bare client prepares what it has not sent yet.
  for (const { statements } of some) await replay.run(statements)
  const ends = performance.now() + measureMs
  for (let at = 0; performance.now() < ends || at < some.length / 2; at++) {
    const call = some[at % some.length]!
    for (const way of at % 2 === 0 ? ways : ways.toReversed()) await way(call)
    // No caller is to be out of calls.
    if (at >= mostCalls * 8) break
  }
  const statements = quantilesOf(some.map((call) => call.statements.length)).p50
  const { name, goal_ms } = one
  const plan = await planOf(slowest!.call.statements, goal_ms ?? 20)
  return {
    name,
    goal_ms,
    statements,
    ours: quantilesOf(ours),
    bare: quantilesOf(bare),
    ratio: ratioOf(ours, bare),
    plan,
  }
}

/** Of the slowest statement of a call, where the call is slow. */
async function planOf(statements: readonly Statement[], slowMs: number): Promise<string | undefined> {
  let slowest: { ms: number; statement: Statement } | undefined
  for (const statement of statements) {
    const started = performance.now()
    await replay.query(statement)
    const ms = performance.now() - started
    if (ms > (slowest?.ms ?? 0)) slowest = { ms, statement }
  }
  if (!slowest || slowest.ms < slowMs) return undefined
  const { text, parameters } = slowest.statement
  return `${text.trim()}\n${JSON.stringify(parameters)}\n${await replay.explain(slowest.statement, '(analyze, buffers)')}`
}
