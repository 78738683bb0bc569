import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsClient } from 'aws4fetch'

/** What `.local/platform.json` tells; see the contract's last sections. */
export interface PlatformInfo {
  readonly pid: number
  readonly api_url: string
  readonly docs_url: string
  readonly demo_url: string
  readonly mailbox_url: string
  readonly log_file: string
  readonly database_url: string
  readonly aws: {
    readonly region: string
    readonly endpoint_url: string
    readonly buckets: Readonly<Record<string, string>>
    readonly queues: Readonly<Record<string, string>>
  }
  readonly callers: Readonly<Record<string, { access_key_id: string; secret_access_key: string }>>
  readonly secrets: Readonly<Record<string, string>>
  readonly stripe: {
    readonly api_url: string
    readonly secret_key: string
    readonly webhook_secret: string
    /** What a browser would have; empty where Stripe itself is used. */
    readonly publishable_key: string
  }
  readonly stream_server_url: string
  readonly media_url: string
  readonly admin: { readonly email: string; readonly password: string }
}

export async function readPlatform(file: string): Promise<PlatformInfo> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new Error(`The platform is not running (${file} is not there). Start it with: npm start`, { cause })
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a client outside the types, as an app would be; tests assert the shape.
export type Json = any

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

export interface Call {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Person {
  readonly email: string
  readonly username: string
  readonly password: string
  readonly token: string
  readonly refresh_token: string
  readonly user: Json
}

export type Client = ReturnType<typeof createClient>

/**
 * Speaks to the platform as its clients do: the public API, the mailbox, presigned uploads, SigV4 callers.
 * `addressOf` names where a request comes from.
 */
export function createClient(platform: PlatformInfo, { addressOf }: { addressOf?: () => string } = {}) {
  const request = async (
    method: string,
    path: string,
    { token, body, headers }: Call = {},
  ): Promise<Answer> => {
    const response = await fetch(platform.api_url + path, {
      method,
      headers: {
        ...(addressOf && { 'x-local-client-ip': addressOf() }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return readAnswer(response)
  }

  /** A call signed with the key of a caller of platform.json, such as `stream_server`. */
  const signed = async (
    caller: { access_key_id: string; secret_access_key: string },
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Answer> => {
    const aws = new AwsClient({
      accessKeyId: caller.access_key_id,
      secretAccessKey: caller.secret_access_key,
      region: platform.aws.region,
      service: 'execute-api',
      retries: 0,
    })
    const response = await aws.fetch(platform.api_url + path, {
      method,
      headers: {
        ...(addressOf && { 'x-local-client-ip': addressOf() }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return readAnswer(response)
  }

  /** The newest mail to an address, waited for. */
  const mailTo = async (email: string, matching: RegExp = /./): Promise<Json> =>
    until(`a mail to ${email}`, async () => {
      const { emails } = (await (await fetch(`${platform.mailbox_url}/store`)).json()) as { emails: Json[] }
      return emails
        .filter((mail) => mail.destination.to.includes(email) && matching.test(mail.subject))
        .sort((a, b) => b.at - a.at)[0]
    })

  const tokenOf = (mail: Json): string => {
    const link = /https?:\/\/\S*[?&]token=([A-Za-z0-9_-]+)/.exec(mail.body.text ?? mail.body.html)
    if (!link?.[1]) throw new Error(`The mail "${mail.subject}" holds no link with a token`)
    return link[1]
  }

  return {
    platform,
    request,
    signed,
    mailTo,
    tokenOf,
    register: (person: { email: string; username: string; password: string }) =>
      request('POST', '/api/v1/auth/register', { body: person }),

    /** Registers a new person, follows the link in the mail and signs in. */
    async join(name = 'artist'): Promise<Person> {
      const suffix = randomBytes(5).toString('hex')
      const person = {
        email: `${name}.${suffix}@example.com`,
        username: `${name}_${suffix}`,
        password: `correct horse ${suffix}`,
      }
      expectStatus(202, await this.register(person))
      const token = tokenOf(await mailTo(person.email))
      expectStatus(200, await request('POST', '/api/v1/auth/verify-email', { body: { token } }))
      const login = { identifier: person.email, password: person.password }
      const session = expectStatus(200, await request('POST', '/api/v1/auth/login', { body: login }))
      return {
        ...person,
        token: session.access_token,
        refresh_token: session.refresh_token,
        user: session.user,
      }
    },

    /** Signs in as the admin that the platform has from its first start. */
    async admin(): Promise<{ token: string; user: Json }> {
      const { email: identifier, password } = platform.admin
      const body = { identifier, password }
      const session = expectStatus(200, await request('POST', '/api/v1/auth/login', { body }))
      return { token: session.access_token, user: session.user }
    },

    async createTrack(token: string, fields: Record<string, unknown> = {}): Promise<Json> {
      const body = { title: 'Night Drive', visibility: 'public', rights_confirmed: true, ...fields }
      return expectStatus(201, await request('POST', '/api/v1/tracks', { token, body }))
    },

    /** Sends a picture to where one is asked for and waits until it is shown or refused. */
    async sendPicture(token: string, path: string, picture: AudioFile): Promise<Json> {
      const { name: filename, content_type, bytes } = picture
      const body = { filename, content_type, size_bytes: bytes.length }
      const grant = expectStatus(201, await request('POST', path, { token, body }))
      await putFile(grant, bytes)
      return until(`picture ${grant.upload_id} to come to rest`, async () => {
        const upload = expectStatus(
          200,
          await request('GET', `${path}/uploads/${grant.upload_id}`, { token }),
        )
        return ['ready', 'rejected', 'failed'].includes(upload.status) ? upload : undefined
      })
    },

    async requestUpload(token: string, trackId: string, file: AudioFile): Promise<Json> {
      const body = { filename: file.name, content_type: file.content_type, size_bytes: file.bytes.length }
      return expectStatus(201, await request('POST', `/api/v1/tracks/${trackId}/uploads`, { token, body }))
    },

    /** Reads the upload until it comes to rest; `onStatus` hears of every new status. */
    async followUpload(
      token: string,
      trackId: string,
      uploadId: string,
      onStatus?: (status: string) => void,
    ) {
      let last = ''
      return until(
        `upload ${uploadId} to come to rest`,
        async () => {
          const path = `/api/v1/tracks/${trackId}/uploads/${uploadId}`
          const upload = expectStatus(200, await request('GET', path, { token }))
          if (upload.status !== last) onStatus?.(upload.status)
          last = upload.status
          return ['ready', 'rejected', 'failed'].includes(upload.status) ? upload : undefined
        },
        60_000,
      )
    },
  }
}

export interface AudioFile {
  readonly name: string
  readonly content_type: string
  readonly bytes: Buffer
}

/** Sends bytes to a presigned URL as a browser would, telling how many have left. */
export async function putFile(
  upload: { method: string; url: string; headers: Record<string, string> },
  bytes: Buffer,
  onProgress: (sent: number) => void = () => {},
): Promise<{ status: number; body: string; etag: string | undefined; version_id: string | undefined }> {
  const request = http.request(upload.url, {
    method: upload.method,
    headers: { ...upload.headers, 'content-length': bytes.length },
  })
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  const step = 64 * 1024
  for (let at = 0; at < bytes.length && !request.destroyed; at += step) {
    const part = bytes.subarray(at, at + step)
    if (!request.write(part)) await Promise.race([once(request, 'drain'), answered])
    onProgress(at + part.length)
  }
  request.end()
  const [response] = await answered
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  const { statusCode = 0, headers } = response
  const version_id = headers['x-amz-version-id'] as string | undefined
  return { status: statusCode, body: Buffer.concat(chunks).toString(), etag: headers.etag, version_id }
}

/** Asks again every 100 ms until there is an answer. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1_000} s for ${what}`)
    await sleep(100)
  }
}

export function expectStatus(status: number, answer: Answer): Json {
  if (answer.status !== status) {
    throw new Error(`Expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`)
  }
  return answer.body
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  }
}
