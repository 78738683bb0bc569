import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { type LogRecord, toRecord } from '../log.ts'
import type { EnvironmentMessage, LambdaError, PlatformMessage } from './protocol.ts'

/** A function as the template has it, ready to run. */
export interface FunctionDefinition {
  readonly name: string
  readonly arn: string
  readonly codeDir: string
  readonly handler: string
  readonly memoryMb: number
  readonly timeoutMs: number
  readonly environment: Readonly<Record<string, string>>
  readonly runtimePackages: string
}

export interface Outcome {
  /** The JSON a caller of the Invoke API gets: the result, or the error document. */
  readonly payload: string
  readonly functionError?: 'Unhandled'
  readonly requestId: string
}

export interface Environment {
  /** Takes one invocation at a time; resolves with an error document too, never rejects. */
  invoke(payload: string): Promise<Outcome>
  readonly isDead: boolean
  readonly lastUsed: number
  /** Of the invocation it has just now. */
  readonly traceId: string | undefined
  /** Kills it if what it holds has outgrown its memory. */
  checkMemory(): void
  /** Ends it at once; a running invocation is answered as one whose process exited. */
  terminate(): Promise<void>
}

const INIT_LIMIT_MS = 10_000
const RESPONSE_LIMIT_BYTES = 6 * 1024 * 1024
const BYTES_PER_MB = 1024 * 1024

const PAGE_BYTES = 4096

const running = new Set<ChildProcess>()

// However the platform ends, no environment goes on without it.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

let runtimeSource: string | undefined

/** The environment's program, its types stripped once and not once an environment. */
function runtime(): string {
  runtimeSource ??= stripTypeScriptTypes(readFileSync(new URL('runtime.ts', import.meta.url), 'utf8'))
  return runtimeSource
}

/**
 * One execution environment: a process with the function's own variables, heap and bundle. Threads would start a
 * little sooner (35 ms against 55) and answer as fast (0.08 ms a round trip), but a thread that runs out of heap can
 * take the whole platform down with it, and some endless loops survive `terminate()`. Unlike Lambda's, an environment
 * is not frozen between calls: timers and sockets that a call left behind go on.
 */
export function createEnvironment(
  definition: FunctionDefinition,
  log: (record: LogRecord) => void,
): Environment {
  const { name, memoryMb } = definition
  const child = startProcess(definition)
  const exited = Promise.withResolvers<void>()
  const initialized = Promise.withResolvers<LambdaError | undefined>()
  let current: { requestId: string; traceId: string; settle(outcome: LambdaError | string): void } | undefined
  let isDead = false
  let lastUsed = Date.now()
  let unfinishedLine = ''

  const note = (level: LogRecord['level'], message: string) =>
    log({
      time: new Date().toISOString(),
      source: name,
      level,
      message,
      request_id: current?.requestId ?? '',
    })

  const die = (error: LambdaError) => {
    isDead = true
    clearTimeout(initTimer)
    initialized.resolve(error)
    current?.settle(error)
    child.kill('SIGKILL')
  }

  const initTimer = setTimeout(() => {
    die({ errorType: 'Sandbox.Timedout', errorMessage: `The init phase took more than ${INIT_LIMIT_MS} ms` })
  }, INIT_LIMIT_MS)

  const onOutput = (text: string) => {
    const lines = (unfinishedLine + text).split('\n')
    unfinishedLine = lines.pop() ?? ''
    for (const line of lines) if (line) log(toRecord(name, line, current?.requestId ?? ''))
  }

  child.on('message', (message: EnvironmentMessage) => {
    switch (message.kind) {
      case 'log':
        return onOutput(message.text)
      case 'console':
        return note(message.level, message.text)
      case 'ready':
        clearTimeout(initTimer)
        return initialized.resolve(undefined)
      case 'init-failed':
        return die(message.error)
      case 'result':
        return current?.settle(message.payload)
      case 'failed':
        return current?.settle(message.error)
    }
  })
  // What the process says as it dies; all else comes as messages.
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => onOutput(String(chunk)))
  child.on('error', (cause) => {
    note('ERROR', `The environment cannot be started: ${cause.message}`)
    die(exitError(undefined, 'exit status 1'))
    exited.resolve()
  })
  child.on('exit', (code, signal) => {
    if (current) note('ERROR', `The environment ended: ${signal ?? `exit status ${code}`}`)
    die(exitError(current?.requestId, describeExit(code, signal)))
    exited.resolve()
  })

  async function run(payload: string, requestId: string): Promise<LambdaError | string> {
    const failure = await initialized.promise
    if (failure) return failure
    const { promise, resolve } = Promise.withResolvers<LambdaError | string>()
    const traceId = newTraceId()
    current = { requestId, traceId, settle: resolve }
    const timer = setTimeout(() => {
      const seconds = (definition.timeoutMs / 1000).toFixed(2)
      note('ERROR', `Task timed out after ${seconds} seconds`)
      die({
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
      })
    }, definition.timeoutMs)
    send(child, { kind: 'invoke', requestId, traceId, payload, timeoutMs: definition.timeoutMs })
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      current = undefined
      lastUsed = Date.now()
    }
  }

  return {
    async invoke(payload) {
      const requestId = randomUUID()
      return toOutcome(await run(payload, requestId), requestId)
    },
    get isDead() {
      return isDead
    },
    get lastUsed() {
      return lastUsed
    },
    get traceId() {
      return current?.traceId
    },
    checkMemory() {
      const used = current ? residentBytes(child.pid) : 0
      if (used <= memoryMb * BYTES_PER_MB || isDead) return
      note('ERROR', `Killed: ${Math.round(used / BYTES_PER_MB)} MB used of ${memoryMb} MB`)
      die(exitError(current?.requestId, 'signal: killed'))
    },
    async terminate() {
      die(exitError(current?.requestId, 'signal: killed'))
      await exited.promise
    },
  }
}

function startProcess(definition: FunctionDefinition): ChildProcess {
  const heapMb = Math.ceil(definition.memoryMb * 0.9)
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${heapMb}`, '--input-type=module', '--eval', runtime()],
    {
      cwd: definition.codeDir,
      env: definition.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  running.add(child)
  child.once('exit', () => running.delete(child))
  send(child, {
    kind: 'load',
    codeDir: definition.codeDir,
    handler: definition.handler,
    runtimePackages: definition.runtimePackages,
    context: {
      functionName: definition.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: definition.arn,
      memoryLimitInMB: String(definition.memoryMb),
      logGroupName: `/aws/lambda/${definition.name}`,
      logStreamName: `local/${randomUUID()}`,
    },
  })
  return child
}

/** As X-Ray writes them; nothing is sampled here. */
function newTraceId(): string {
  const time = Math.floor(Date.now() / 1000).toString(16)
  const [root, parent] = [randomBytes(12), randomBytes(8)].map((bytes) => bytes.toString('hex'))
  return `Root=1-${time}-${root};Parent=${parent};Sampled=0`
}

/** A process that just ended cannot be told anything; its `exit` event answers the call. */
function send(child: ChildProcess, message: PlatformMessage): void {
  if (child.connected) child.send(message, () => {})
}

/** Where there is no /proc only the limit of the heap holds. */
function residentBytes(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
  } catch {
    return 0
  }
}

function toOutcome(answer: LambdaError | string, requestId: string): Outcome {
  if (typeof answer !== 'string') {
    return { payload: JSON.stringify(answer), functionError: 'Unhandled', requestId }
  }
  const size = Buffer.byteLength(answer)
  if (size <= RESPONSE_LIMIT_BYTES) return { payload: answer, requestId }
  const error: LambdaError = {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size (${size} bytes) exceeded maximum allowed payload size (${RESPONSE_LIMIT_BYTES} bytes).`,
  }
  return { payload: JSON.stringify(error), functionError: 'Unhandled', requestId }
}

function exitError(requestId: string | undefined, reason: string): LambdaError {
  return {
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId ?? ''} Error: Runtime exited with error: ${reason}`,
  }
}

/** V8 aborts when the heap is full; Lambda kills it, so both are told alike. */
function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === 'SIGABRT' || signal === 'SIGKILL' ? 'signal: killed' : `exit status ${code ?? signal}`
}
