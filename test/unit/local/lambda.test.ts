import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FunctionDefinition } from '../../../infra/local/lambda/definition.ts'
import { createFunction, type LambdaFunction } from '../../../infra/local/lambda/function.ts'
import type { LogRecord } from '../../../infra/local/log.ts'
import { isRunning } from '../../support/processes.ts'

const require = createRequire(import.meta.url)
const functions: LambdaFunction[] = []
const directories: string[] = []
afterEach(async () => {
  await Promise.all(functions.splice(0).map((lambda) => lambda.stop()))
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function newDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'veza-lambda-'))
  directories.push(directory)
  return directory
}

function start(
  source: string,
  overrides: Partial<FunctionDefinition> = {},
  options: { maxEnvironments?: number; idleMs?: number; file?: string } = {},
) {
  const codeDir = newDirectory()
  writeFileSync(path.join(codeDir, options.file ?? 'index.js'), source)
  const logged: LogRecord[] = []
  const definition: FunctionDefinition = {
    name: 'veza-local-thing',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:veza-local-thing',
    codeDir,
    handler: 'index.handler',
    memoryMb: 128,
    timeoutMs: 5_000,
    environment: { STAGE: 'local' },
    runtimePackages: process.cwd(),
    ...overrides,
  }
  const lambda = createFunction({ definition, log: (record) => logged.push(record), ...options })
  functions.push(lambda)
  const call = async (event: unknown = {}) => {
    const { payload, functionError } = await lambda.invoke(JSON.stringify(event))
    return { answer: JSON.parse(payload), functionError }
  }
  return { lambda, call, logged, codeDir }
}

test('answers with what the handler resolves to', async () => {
  const { call } = start('exports.handler = async (event) => ({ doubled: event.n * 2 })')

  expect(await call({ n: 21 })).toEqual({ answer: { doubled: 42 }, functionError: undefined })
})

test('hands over its own variables and nothing of the platform', async () => {
  const { call } = start('exports.handler = async () => process.env')

  expect((await call()).answer).toEqual({
    STAGE: 'local',
    _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-/),
  })
})

test('hands over a context', async () => {
  const { call } = start(`exports.handler = async (_, context) =>
    ({ ...context, remaining: context.getRemainingTimeInMillis() })`)

  const { answer } = await call()

  expect(answer).toMatchObject({
    functionName: 'veza-local-thing',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:veza-local-thing',
    memoryLimitInMB: '128',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  expect(answer.remaining).toBeGreaterThan(3_000)
  expect(answer.remaining).toBeLessThanOrEqual(5_000)
})

test('keeps an environment warm from call to call', async () => {
  const { call } = start('let calls = 0; exports.handler = async () => ++calls')

  expect([(await call()).answer, (await call()).answer, (await call()).answer]).toEqual([1, 2, 3])
})

test('gives every environment one call at a time, and starts more under load', async () => {
  const { call } = start(`let running = 0, most = 0
    exports.handler = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 50))
      running -= 1
      return { most, process: process.pid }
    }`)

  const answers = await Promise.all([call(), call(), call()])

  expect(answers.map(({ answer }) => answer.most)).toEqual([1, 1, 1])
  expect(new Set(answers.map(({ answer }) => answer.process)).size).toBe(3)
})

test('lets calls above the cap wait', async () => {
  const { call } = start(`exports.handler = async () => process.pid`, {}, { maxEnvironments: 1 })

  const answers = await Promise.all([call(), call(), call()])

  expect(new Set(answers.map(({ answer }) => answer)).size).toBe(1)
})

test('answers a thrown error as Lambda does', async () => {
  const { call, logged } = start(`exports.handler = async () => { throw new TypeError('no') }`)

  expect(await call()).toEqual({
    answer: { errorType: 'TypeError', errorMessage: 'no', trace: expect.any(Array) },
    functionError: 'Unhandled',
  })
  expect(logged).toContainEqual(expect.objectContaining({ level: 'ERROR', source: 'veza-local-thing' }))
})

test('ends a call that overruns its time, and starts anew', async () => {
  const { call } = start(
    `let calls = 0
     exports.handler = async (event) => { calls += 1; while (event.forever); return calls }`,
    { timeoutMs: 300 },
  )

  const late = await call({ forever: true })

  expect(late.functionError).toBe('Unhandled')
  expect(late.answer.errorType).toBe('Sandbox.Timedout')
  expect(late.answer.errorMessage).toMatch(/Task timed out after 0\.30 seconds$/)
  expect((await call()).answer).toBe(1)
})

test.each([
  ['on its heap', 'const all = []; for (;;) all.push(new Array(1000).fill({}).map(() => ({ a: 1 })))'],
  [
    'outside its heap',
    'const all = []; for (;;) { all.push(Buffer.alloc(1e7, 1)); await new Promise((r) => setTimeout(r, 10)) }',
  ],
])(
  'ends a call that overruns its memory %s',
  async (_where, loop) => {
    const { call } = start(
      `exports.handler = async (event) => { if (event.eat) { ${loop} } return 'fine' }`,
      {
        timeoutMs: 30_000,
      },
    )

    const killed = await call({ eat: true })

    expect(killed.functionError).toBe('Unhandled')
    expect(killed.answer).toMatchObject({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/Runtime exited with error: signal: killed$/),
    })
    expect((await call()).answer).toBe('fine')
  },
  40_000,
)

test.each([
  ['throws while it loads', `throw new Error('no setting')`, 'index.js', 'Error', 'no setting'],
  ['exports no handler', 'exports.other = 1', 'index.js', 'Runtime.HandlerNotFound', 'index.handler'],
  ['is not there', '', 'other.js', 'Runtime.ImportModuleError', `'index'`],
  [
    'takes a callback',
    'exports.handler = (a, b, c) => c()',
    'index.js',
    'Runtime.CallbackHandlerDeprecated',
    'callback',
  ],
  ['needs a package it does not hold', `require('zod')`, 'index.js', 'Error', `Cannot find module 'zod'`],
])('answers with an error when the bundle %s', async (_name, source, file, errorType, message) => {
  const { call } = start(source, {}, { file })

  const { answer, functionError } = await call()

  expect(functionError).toBe('Unhandled')
  expect(answer).toMatchObject({ errorType, errorMessage: expect.stringContaining(message) })
})

test('brings the SDK along, as the runtime does', async () => {
  const { call } = start(
    `exports.handler = async () => typeof require('@aws-sdk/client-lambda').LambdaClient`,
  )

  expect((await call()).answer).toBe('function')
})

test('answers when a promise nobody awaits is rejected', async () => {
  const { call } = start(
    `exports.handler = async () => { Promise.reject(new Error('lost')); await new Promise(() => {}) }`,
  )

  expect((await call()).answer.errorType).toBe('Runtime.ExitError')
})

test('refuses an answer above 6 MB', async () => {
  const { call } = start(`exports.handler = async () => 'x'.repeat(6 * 1024 * 1024)`, { memoryMb: 256 })

  expect((await call()).answer.errorType).toBe('Function.ResponseSizeTooLarge')
})

test('logs what is printed, under the function and the call', async () => {
  const { call, logged } = start(`exports.handler = async (_, { awsRequestId }) => {
    console.warn('careful %d', 1)
    process.stdout.write(JSON.stringify({ level: 'INFO', message: 'half', tra: 1 }).slice(0, 9))
    process.stdout.write(JSON.stringify({ level: 'INFO', message: 'half', tra: 1 }).slice(9) + '\\n')
    return awsRequestId
  }`)

  const { answer: request_id } = await call()

  expect(logged).toEqual([
    { time: expect.any(String), source: 'veza-local-thing', level: 'WARN', message: 'careful 1', request_id },
    {
      time: expect.any(String),
      source: 'veza-local-thing',
      level: 'INFO',
      message: 'half',
      request_id,
      tra: 1,
    },
  ])
})

test('loads a changed bundle in place, and lets a running call finish', async () => {
  const { lambda, call, codeDir } = start(`exports.handler = async (event) => {
    if (event.slow) await new Promise((resolve) => setTimeout(resolve, 200))
    return 'old'
  }`)
  await call()
  const running = call({ slow: true })

  writeFileSync(path.join(codeDir, 'index.js'), `exports.handler = async () => 'new'`)
  lambda.replace()

  expect((await call()).answer).toBe('new')
  expect((await running).answer).toBe('old')
  expect((await call()).answer).toBe('new')
})

test('ends environments that have nothing to do', async () => {
  const { call } = start('let calls = 0; exports.handler = async () => ++calls', {}, { idleMs: 1 })
  await call()

  await new Promise((resolve) => setTimeout(resolve, 600))

  expect((await call()).answer).toBe(1)
})

test('kills the environment of one invocation, and of no other', async () => {
  const { lambda, call } = start(`exports.handler = async (event) => {
    if (event.tell) require('node:fs').writeFileSync(event.tell, process.env._X_AMZN_TRACE_ID)
    await new Promise((resolve) => setTimeout(resolve, 500))
    return 'done'
  }`)
  const file = path.join(newDirectory(), 'trace')
  const [killed, other] = [call({ tell: file }), call()]

  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10))
  await new Promise((resolve) => setTimeout(resolve, 20))
  await lambda.kill(readFileSync(file, 'utf8'))

  expect((await killed).answer.errorType).toBe('Runtime.ExitError')
  expect((await other).answer).toBe('done')
})

test('lets several environments load a native module', async () => {
  const { call } = start(
    `const { hash } = require(${JSON.stringify(require.resolve('@node-rs/bcrypt'))})
     exports.handler = async (event) => { const work = hash("secret", { cost: event.cost }); return await work }`,
    { timeoutMs: 10_000 },
  )

  const hashes = await Promise.all([call({ cost: 4 }), call({ cost: 4 }), call({ cost: 4 })])

  expect(hashes.map(({ answer }) => answer.slice(0, 7))).toEqual(['$2b$04$', '$2b$04$', '$2b$04$'])
})

test('ends what an environment has started together with it', async () => {
  const { call, lambda } = start(`
    const { spawn } = require('node:child_process')
    exports.handler = async () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']).pid
  `)
  const { answer: pid } = await call()
  expect(isRunning(pid)).toBe(true)

  await lambda.stop()

  const deadline = Date.now() + 4_000
  while (isRunning(pid) && Date.now() < deadline) await sleep(20)
  expect(isRunning(pid)).toBe(false)
})
