import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { logger } from '../../logger.ts'

export interface ServedObject {
  readonly size_bytes: number
  /** Both ends included, as in a Range header. */
  readonly getRange: (first: number, last: number) => Promise<Uint8Array>
}

export interface ObjectServer extends AsyncDisposable {
  readonly url: string
  /** Why the object could not be read, where that came up: what its reader made of it then says nothing. */
  readonly failure: () => unknown
}

/** A file made so that it is read to and fro, over and over. */
export class ReadToAndFro extends Error {
  override name = 'ReadToAndFro'
}

/** An honest file is read from a dozen places, and nearly all of it once. */
const mostRequests = 2000
const mostBytes = (size: number) => 2 * size + 64 * 1024 * 1024

/** A reader that seeks takes little from each place, one that reads on takes much: pieces double up to the largest. */
const firstPiece = 128 * 1024
const largestPiece = 1024 * 1024

/**
 * Lends one object to a program that reads by HTTP and may seek in it, on this machine alone and below a name that
 * nobody can guess. The program needs neither network, names nor certificates (ffmpeg as a static binary resolves no
 * names, and believes every certificate), and nothing of the object is held but the piece that is under way.
 */
export async function serveObject(object: ServedObject): Promise<ObjectServer> {
  const path = `/${randomUUID()}`
  let failure: unknown
  const limited = limit(object)
  const server = createServer((request, response) => {
    if (request.url !== path) return void response.writeHead(404).end()
    // It would only be tried again and again.
    if (failure) return void response.destroy()
    answer(limited, request, response).catch((error: unknown) => {
      failure ??= error
      logger.warn('An object could not be read to its end', { error })
      response.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    failure: () => failure,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Looks after how much is asked for, which is paid for by the request. */
function limit({ size_bytes, getRange }: ServedObject): ServedObject {
  let [requests, bytes] = [0, 0]
  return {
    size_bytes,
    getRange(first, last) {
      requests++
      bytes += last - first + 1
      if (requests > mostRequests + bytes / largestPiece || bytes > mostBytes(size_bytes))
        throw new ReadToAndFro()
      return getRange(first, last)
    },
  }
}

async function answer(object: ServedObject, request: IncomingMessage, response: ServerResponse) {
  const { size_bytes } = object
  const [, start = '0', end = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const first = Number(start)
  const last = Math.min(end === '' ? size_bytes - 1 : Number(end), size_bytes - 1)
  if (first > last) {
    return void response.writeHead(416, { 'content-range': `bytes */${size_bytes}` }).end()
  }
  response.writeHead(206, {
    'accept-ranges': 'bytes',
    'content-length': last - first + 1,
    'content-range': `bytes ${first}-${last}/${size_bytes}`,
  })
  await send(object, { first, last }, response)
  response.end()
}

async function send(
  { getRange }: ServedObject,
  { first, last }: { first: number; last: number },
  response: ServerResponse,
) {
  let piece = firstPiece
  for (
    let at = first;
    at <= last && !response.destroyed;
    at += piece, piece = Math.min(2 * piece, largestPiece)
  ) {
    const bytes = await getRange(at, Math.min(at + piece - 1, last))
    if (!response.write(bytes)) await drained(response)
  }
}

/** Its reader may go away with what it had asked for. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go)
      resolve()
    }
    response.on('drain', go).on('close', go)
  })
}
