import type { AwsCall } from '../../../infra/local/aws/front-door.ts'
import { createControl } from '../../../infra/local/control.ts'
import { createFaults } from '../../../infra/local/faults.ts'
import type { LambdaFunction } from '../../../infra/local/lambda/function.ts'
import type { Part, PartState } from '../../../infra/local/parts/part.ts'

const killed: { functionName: string; traceId: string | undefined }[] = []
const faults = createFaults(async (functionName, traceId) => void killed.push({ functionName, traceId }))

const listenedTo: string[] = []
let signatures = ''
let state: PartState = 'running'
const clamd: Part = {
  name: 'clamd',
  get status() {
    return { state }
  },
  async start() {
    state = 'running'
  },
  async stop() {
    state = 'stopped'
  },
  restart: async () => Promise.reject(new Error('clamd is not up')),
}

const control = createControl({
  schedules: {
    has: (name) => name !== 'gone',
    run: async (name) =>
      name === 'broken'
        ? { payload: '{"errorType":"E"}', functionError: 'Unhandled', requestId: 'r' }
        : { payload: '{"sent":2}', requestId: 'r' },
    stop: () => {},
  },
  parts: [clamd],
  faults,
  functions: [{ name: 'veza-local-scan-worker' } as LambdaFunction],
  definitions: {
    read: () => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: signatures }),
    write: (_name, text) => {
      signatures = text
    },
  },
  usage: () => ({ 'veza-local-auth': { used: [], unused: [] } }),
  makeListeners: async (userId) => {
    listenedTo.push(userId)
    return { listen_count: 3, play_count: 2 }
  },
})

async function call(method: string, path: string, body: unknown = '') {
  const answer = await control(method, `/_local/${path}`, Buffer.from(JSON.stringify(body)))
  return answer && { status: answer.status, body: JSON.parse(String(answer.body)) }
}

const copy: AwsCall = {
  principal: 'veza-local-scan-worker',
  action: 's3:CopyObject',
  resource: 'arn:aws:s3:::media/x',
  allowed: true,
  status: 200,
  traceId: 't1',
}
const fault = { function: 'scan-worker', after: 's3:PutObject', action: 'kill' }

beforeEach(() => {
  killed.length = 0
})

test('runs a schedule and gives what its function answered', async () => {
  expect(await call('POST', 'schedules/outbox-relay/run')).toEqual({
    status: 200,
    body: { schedule: 'outbox-relay', result: { sent: 2 } },
  })
  expect(await call('POST', 'schedules/broken/run')).toMatchObject({ status: 502 })
  expect(await call('POST', 'schedules/gone/run')).toMatchObject({ status: 404 })
})

test('stops and starts a part, and tells when it cannot', async () => {
  expect(await call('POST', 'parts/clamd/stop')).toEqual({
    status: 200,
    body: { part: 'clamd', state: 'stopped' },
  })
  expect(await call('POST', 'parts/clamd/start')).toEqual({
    status: 200,
    body: { part: 'clamd', state: 'running' },
  })
  expect(await call('POST', 'parts/clamd/restart')).toEqual({
    status: 500,
    body: { message: 'clamd is not up' },
  })
  expect(await call('POST', 'parts/nobody/stop')).toMatchObject({ status: 404 })
})

test('tells who was allowed what', async () => {
  expect(await call('GET', 'iam')).toEqual({
    status: 200,
    body: { 'veza-local-auth': { used: [], unused: [] } },
  })
})

test('a fault strikes the invocation that makes the call, once', async () => {
  expect(await call('POST', 'faults', fault)).toEqual({
    status: 200,
    body: { ...fault, function: 'veza-local-scan-worker' },
  })

  await faults.onCall({ ...copy, principal: 'veza-local-tracks' })
  await faults.onCall({ ...copy, action: 's3:DeleteObject' })
  await faults.onCall({ ...copy, allowed: false })
  expect(killed).toEqual([])

  await faults.onCall(copy)
  await faults.onCall(copy)
  expect(killed).toEqual([{ functionName: 'veza-local-scan-worker', traceId: 't1' }])
})

test.each([
  ['an unknown function', { ...fault, function: 'nobody' }, 404],
  ['an unknown action', { ...fault, action: 'explode' }, 400],
  ['no IAM action', { ...fault, after: 'PutObject' }, 400],
  ['a field it does not know', { ...fault, times: 2 }, 400],
])('refuses a fault with %s', async (_name, body, status) => {
  expect(await call('POST', 'faults', body)).toMatchObject({ status })
})

test.each([
  ['GET', 'faults'],
  ['POST', 'parts/clamd/explode'],
  ['POST', 'nothing'],
])('has no %s %s', async (method, path) => {
  expect(await call(method, path)).toBeUndefined()
})

test('keeps definitions of this machine, and serves them as a file', async () => {
  const line = 'Test.Local:0:*:00112233'
  expect(await call('POST', 'definitions', { name: 'mine', signatures: line })).toEqual({
    status: 200,
    body: { name: 'mine' },
  })

  const served = await control('GET', '/_local/definitions/local.ndb', Buffer.from(''))
  expect(served).toMatchObject({ status: 200, body: line })
  expect(await call('POST', 'definitions', { name: '../mine', signatures: line })).toMatchObject({
    status: 400,
  })
})

test('makes listeners up for somebody, by their id', async () => {
  const user_id = '019a2f4e-0000-7000-8000-000000000001'
  expect(await call('POST', 'listeners', { user_id })).toEqual({
    status: 200,
    body: { listen_count: 3, play_count: 2 },
  })
  expect(listenedTo).toEqual([user_id])
  expect(await call('POST', 'listeners', { user_id: 'everybody' })).toMatchObject({ status: 400 })
})
