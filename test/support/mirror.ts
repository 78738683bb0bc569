import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Mirror {
  readonly url: string
  /** What it serves, by path. */
  readonly files: Map<string, { readonly bytes: Buffer; readonly modified: Date }>
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[]
  put(path: string, text: string | Buffer, modified?: Date): void
  /** In place of every answer: a status, or the first half of what was promised. */
  misbehave(how: number | 'halves' | undefined): void
}

/** A server of virus definitions for the tests of one file. */
export function useMirror(): Mirror {
  const files: Mirror['files'] = new Map()
  const requests: Mirror['requests'] = []
  let misbehaviour: number | 'halves' | undefined
  let url = ''
  const server = createServer(({ url: asked = '/', headers }, response) => {
    const path = asked.split('?')[0]!
    requests.push({ path, headers })
    if (typeof misbehaviour === 'number') return response.writeHead(misbehaviour).end()
    const file = files.get(path)
    if (!file) return response.writeHead(404).end()
    const modified = file.modified.toUTCString()
    const since = headers['if-modified-since']
    if (since && Date.parse(modified) <= Date.parse(since)) return response.writeHead(304).end()
    response.writeHead(200, { 'content-length': file.bytes.length, 'last-modified': modified })
    if (misbehaviour !== 'halves') return response.end(file.bytes)
    response.write(file.bytes.subarray(0, file.bytes.length >> 1), () => response.destroy())
  })
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    get url() {
      return url
    },
    files,
    requests,
    put: (path, text, modified = new Date()) => {
      files.set(path, { bytes: Buffer.from(text), modified })
    },
    misbehave(how) {
      misbehaviour = how
    },
  }
}
