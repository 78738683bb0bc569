import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What befalls an answer: an error of the service, silence, a line that is cut, or one that goes quiet. */
export type S3Fault = 'unavailable' | 'internal' | 'silent' | 'reset' | 'cut' | 'stalled'

export interface FaultyS3 {
  /** How many requests came in all. */
  readonly requests: () => number
  /** The next requests are answered so, and those after them well. */
  befall(fault: S3Fault, times?: number): void
}

const halves: readonly S3Fault[] = ['cut', 'stalled']

/** A bucket with one object for the tests of one file, which the SDK is pointed to. */
export function useFaultyS3(bytes: Buffer): FaultyS3 {
  let requests = 0
  let pending: S3Fault[] = []
  const server = createServer((_, response) => {
    requests++
    const fault = pending.shift()
    if (!fault) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    answer(response, fault, bytes)
  })
  const names = ['AWS_ENDPOINT_URL_S3', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
  const before = names.map((name) => [name, process.env[name]] as const)

  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'key',
      AWS_SECRET_ACCESS_KEY: 'secret',
    })
  })
  afterEach(() => {
    pending = []
    requests = 0
    server.closeAllConnections()
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })

  return {
    requests: () => requests,
    befall(fault, times = 1) {
      pending = Array<S3Fault>(times).fill(fault)
    },
  }
}

function answer(response: ServerResponse, fault: S3Fault, bytes: Buffer): void {
  if (fault === 'silent') return
  if (fault === 'reset') return void response.socket?.resetAndDestroy()
  if (halves.includes(fault)) {
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length / 2), () => {
      if (fault === 'cut') response.socket?.resetAndDestroy()
    })
    return
  }
  const [status, code] = fault === 'unavailable' ? [503, 'SlowDown'] : [500, 'InternalError']
  response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`)
}
