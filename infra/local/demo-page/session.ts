import { type Call, Problem, type Reply, send } from './api.ts'
import type { User } from './wire.ts'

const auth = '/api/v1/auth'

interface SignedIn {
  readonly access_token: string
  readonly user: User
}
type LoginAnswer = SignedIn | { readonly mfa_required: true; readonly mfa_token: string }

/** The access token is kept in memory only; the refresh token is in a cookie that this script cannot read. */
let accessToken: string | undefined
let onEnd = () => {}

/** Hears when the session is over without anybody having signed out. */
export const watchEnd = (listener: () => void) => {
  onEnd = listener
}

/** Whether it is worth asking: who never signed in has no session to resume. */
const mark = 'veza.demo.signed-in'

const enter = ({ access_token, user }: SignedIn): User => {
  accessToken = access_token
  localStorage.setItem(mark, 'yes')
  return user
}

function forget(): undefined {
  accessToken = undefined
  localStorage.removeItem(mark)
}

/** Calls as whoever is signed in. A token that ran out is renewed once, unseen. */
export async function call<T>(method: string, path: string, request: Call = {}): Promise<Reply<T>> {
  const once = () =>
    send<T>(method, path, {
      ...request,
      headers: { ...request.headers, ...(accessToken && { authorization: `Bearer ${accessToken}` }) },
    })
  try {
    return await once()
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    if (!(await resume())) {
      onEnd()
      throw error
    }
    return once()
  }
}

export const get = async <T>(path: string) => (await call<T>('GET', path)).body
export const post = async <T>(path: string, body?: unknown) => (await call<T>('POST', path, { body })).body

let resuming: Promise<User | undefined> | undefined

/** The session of an earlier visit, if there is one. A refresh token is good for one use, so calls share it. */
export function resume(): Promise<User | undefined> {
  if (localStorage.getItem(mark) === null) return Promise.resolve(undefined)
  resuming ??= refresh().finally(() => {
    resuming = undefined
  })
  return resuming
}

async function refresh(): Promise<User | undefined> {
  try {
    const csrf = await send<{ csrf_token: string }>('GET', `${auth}/csrf-token`)
    const headers = { 'x-csrf-token': csrf.body.csrf_token }
    return enter((await send<SignedIn>('POST', `${auth}/refresh`, { headers })).body)
  } catch (error) {
    if (error instanceof Problem && error.status < 429) return forget()
    throw error
  }
}

export interface Credentials {
  readonly identifier: string
  readonly password: string
}

/** Undefined where a second factor is asked for, which `code` then gives. */
export async function signIn(credentials: Credentials, code?: string): Promise<User | undefined> {
  const { body } = await send<LoginAnswer>('POST', `${auth}/login`, {
    body: { ...credentials, cookie: true, remember: true },
  })
  if (!('mfa_required' in body)) return enter(body)
  if (!code) return undefined
  const second = { mfa_token: body.mfa_token, code }
  return enter((await send<SignedIn>('POST', `${auth}/2fa/challenge`, { body: second })).body)
}

export async function signOut(): Promise<void> {
  await call('POST', `${auth}/logout`).finally(forget)
}

/** A new artist, made as everybody is: registered, the link in the mail followed, signed in. */
export async function joinAsDemoArtist(say: (step: string) => void): Promise<User> {
  const suffix = hex(5)
  const email = `demo.${suffix}@example.com`
  const password = `${hex(6)} ${hex(6)} ${hex(6)}`
  say('Registering')
  await send('POST', `${auth}/register`, { body: { email, username: `demo_${suffix}`, password } })
  say('Waiting for the mail')
  const token = await readLink(email)
  say('Following its link')
  await send('POST', `${auth}/verify-email`, { body: { token } })
  say('Signing in')
  const user = await signIn({ identifier: email, password })
  if (!user) throw new Error('A new account was asked for a second factor')
  return user
}

const mailPatienceMs = 20_000
const mailPauseMs = 300

async function readLink(email: string): Promise<string> {
  const deadline = performance.now() + mailPatienceMs
  for (;;) {
    const path = `/demo/mails?to=${encodeURIComponent(email)}`
    const { body } = await send<{ data: readonly { text: string }[] }>('GET', path)
    const link = /[?&]token=([\w-]+)/.exec(body.data[0]?.text ?? '')
    if (link?.[1]) return link[1]
    if (performance.now() > deadline) throw new Error('No mail came. Is the jobs worker running?')
    await new Promise((resolve) => setTimeout(resolve, mailPauseMs))
  }
}

const hex = (bytes: number) =>
  [...crypto.getRandomValues(new Uint8Array(bytes))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
