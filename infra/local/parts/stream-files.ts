import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { streamQuery, verifyStreamUrl } from './stream-urls.ts'

const contentTypes: Readonly<Record<string, string>> = {
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.ts': 'video/mp2t',
  '.m4s': 'audio/mp4',
  '.mp4': 'audio/mp4',
}

/** `GET /stream/{name}?expires&sig`. A playlist's own URLs are signed as its own was, for as long. */
export function createStreamFiles(options: {
  readonly directory: string
  readonly secret: string
  readonly now: () => Date
}) {
  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const name = decodeName(url.pathname.slice('/stream/'.length))
    const verdict = verifyStreamUrl(options.secret, name, url.searchParams, options.now())
    response.setHeader('access-control-allow-origin', '*')
    if ('status' in verdict) return answer(response, verdict.status)
    const file = path.join(options.directory, name)
    const type = contentTypes[path.extname(name)] ?? 'application/octet-stream'
    if (path.extname(name) === '.m3u8') {
      const text = await readFile(file, 'utf8').catch(() => undefined)
      if (text === undefined) return answer(response, 404)
      return sendBytes(request, response, type, Buffer.from(signUrls(text, options.secret, verdict.expires)))
    }
    const size = await sizeOf(file)
    if (size === undefined) return answer(response, 404)
    await sendFile(request, response, type, file, size)
  }
}

function signUrls(playlist: string, secret: string, expires: number): string {
  return playlist
    .split('\n')
    .map((line) =>
      line === '' || line.startsWith('#') ? line : `${line}${streamQuery(secret, line, expires)}`,
    )
    .join('\n')
}

function sendBytes(request: IncomingMessage, response: ServerResponse, type: string, bytes: Buffer): void {
  const range = startAnswer(request, response, type, bytes.length)
  if (range) response.end(request.method === 'HEAD' ? undefined : bytes.subarray(range.start, range.end + 1))
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  type: string,
  file: string,
  size: number,
) {
  const range = startAnswer(request, response, type, size)
  if (!range) return
  if (request.method === 'HEAD' || size === 0) return void response.end()
  await pipeline(createReadStream(file, range), response).catch(() => response.destroy())
}

/** Writes the head of a 200, 206 or 416; the bytes to send, if any are to be sent. */
function startAnswer(request: IncomingMessage, response: ServerResponse, type: string, size: number) {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '')
  response.setHeader('accept-ranges', 'bytes')
  if (!asked || (asked[1] === '' && asked[2] === '')) {
    response.writeHead(200, { 'content-type': type, 'content-length': size })
    return { start: 0, end: size - 1 }
  }
  const [, first = '', last = ''] = asked
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start > end) {
    response.setHeader('content-range', `bytes */${size}`)
    answer(response, 416)
    return undefined
  }
  response.writeHead(206, {
    'content-type': type,
    'content-length': end - start + 1,
    'content-range': `bytes ${start}-${end}/${size}`,
  })
  return { start, end }
}

export function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end()
}

/** A name that cannot be decoded is no name at all. */
function decodeName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const handle = await open(file)
    const stats = await handle.stat().finally(() => handle.close())
    return stats.isFile() ? stats.size : undefined
  } catch {
    return undefined
  }
}
