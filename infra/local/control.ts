import * as z from 'zod/mini'
import type { Usage } from './aws/iam-usage.ts'
import { clockOffsetMs, setClockOffset } from './clock.ts'
import type { createFaults } from './faults.ts'
import type { Answer } from './gateway/answer.ts'
import type { LambdaFunction } from './lambda/function.ts'
import { type LocalDefinitions, localDefinitionsPath } from './local-definitions.ts'
import type { MadeListeners } from './made-listeners.ts'
import type { Part } from './parts/part.ts'
import type { Schedules } from './schedules.ts'

export interface ControlOptions {
  readonly schedules: Schedules
  readonly parts: readonly Part[]
  readonly faults: Pick<ReturnType<typeof createFaults>, 'arm'>
  readonly functions: readonly LambdaFunction[]
  readonly usage: () => Usage
  readonly definitions: LocalDefinitions
  readonly makeListeners: (userId: string) => Promise<MadeListeners>
}

const clockRequest = z.strictObject({ advance_ms: z.int().check(z.minimum(0)) })

const faultRequest = z.strictObject({
  function: z.string(),
  after: z.string().check(z.regex(/^[a-z0-9]+:[A-Za-z]+$/)),
  action: z.literal('kill'),
})

const definitionsRequest = z.strictObject({
  name: z.string().check(z.regex(/^[\w-]{1,60}$/)),
  /** As a file of ClamAV's has them, one a line. */
  signatures: z.string().check(z.maxLength(100_000)),
})

const listenersRequest = z.strictObject({ user_id: z.uuid() })

class ControlError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** What a test or a developer does to the platform from outside; the gateway serves it under `/_local`. */
export function createControl(options: ControlOptions) {
  async function perform(method: string, path: string, body: Buffer): Promise<object | undefined> {
    const [, , subject, name = '', verb = ''] = path.split('/')
    if (method === 'GET' && subject === 'iam') return options.usage()
    if (method === 'GET' && subject === 'functions') return countCalls()
    if (method !== 'POST') return undefined
    if (subject === 'schedules' && verb === 'run') return runSchedule(decodeURIComponent(name))
    if (subject === 'parts') return changePart(name, verb)
    if (subject === 'faults') return armFault(body)
    if (subject === 'clock') return advanceClock(body)
    if (subject === 'definitions') return writeDefinitions(body)
    if (subject === 'listeners') return addListeners(body)
    return undefined
  }

  const countCalls = () => Object.fromEntries(options.functions.map(({ name, calls }) => [name, { calls }]))

  /** The updater fetches them with its next run. */
  function writeDefinitions(body: Buffer) {
    const { name, signatures } = read(definitionsRequest, body)
    options.definitions.write(name, signatures)
    return { name }
  }

  async function runSchedule(name: string) {
    if (!options.schedules.has(name)) throw new ControlError(404, `There is no schedule ${name}`)
    const { functionError, payload } = await options.schedules.run(name)
    if (functionError) throw new ControlError(502, `The function of ${name} failed: ${payload}`)
    return { schedule: name, result: JSON.parse(payload) }
  }

  /** What they would have reported, and the figures that come of it. */
  async function addListeners(body: Buffer) {
    const made = await options.makeListeners(read(listenersRequest, body).user_id)
    await runSchedule('roll-up')
    return made
  }

  async function changePart(name: string, verb: string) {
    const part = options.parts.find((candidate) => candidate.name === name)
    if (!part) throw new ControlError(404, `There is no part ${name}`)
    if (verb !== 'start' && verb !== 'stop' && verb !== 'restart') return undefined
    await part[verb]()
    return { part: name, ...part.status }
  }

  function armFault(body: Buffer) {
    const { function: name, after, action } = read(faultRequest, body)
    const target = options.functions.find(
      (lambda) => lambda.name === name || lambda.name.endsWith(`-${name}`),
    )
    if (!target) throw new ControlError(404, `There is no function ${name}`)
    options.faults.arm({ functionName: target.name, after })
    return { function: target.name, after, action }
  }

  return async (method: string, path: string, body: Buffer): Promise<Answer | undefined> => {
    if (method === 'GET' && path === localDefinitionsPath) return options.definitions.read()
    try {
      const result = await perform(method, path, body)
      return result && toAnswer(200, result)
    } catch (error) {
      const status = error instanceof ControlError ? error.status : 500
      return toAnswer(status, { message: error instanceof Error ? error.message : String(error) })
    }
  }
}

/** For functions it holds from their next call on. */
function advanceClock(body: Buffer) {
  setClockOffset(clockOffsetMs() + read(clockRequest, body).advance_ms)
  return { offset_ms: clockOffsetMs(), now: new Date().toISOString() }
}

function read<T extends z.ZodMiniType>(schema: T, body: Buffer): z.output<T> {
  try {
    return schema.parse(JSON.parse(body.toString()))
  } catch (error) {
    throw new ControlError(400, error instanceof Error ? error.message : String(error))
  }
}

const toAnswer = (status: number, body: object): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
