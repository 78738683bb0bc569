/** A refusal in the API's own words. */
export class Problem extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** The API did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('The API cannot be reached', { cause })
  }
}

export interface Call {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reply<T> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}

type Reach = (isReached: boolean) => void
let onReach: Reach = () => {}

/** Hears after every call whether there was an answer. */
export const watchReach = (listener: Reach) => {
  onReach = listener
}

export async function send<T>(method: string, path: string, call: Call = {}): Promise<Reply<T>> {
  const response = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: { ...(call.body !== undefined && { 'content-type': 'application/json' }), ...call.headers },
    ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
  }).catch((error: unknown) => {
    onReach(false)
    throw new Unreachable(error)
  })
  onReach(true)
  const text = response.status === 304 ? '' : await response.text()
  const body = read(text, response.headers.get('content-type') ?? '')
  if (!response.ok && response.status !== 304)
    throw toProblem(response.status, typeof body === 'object' ? body : undefined)
  return { status: response.status, body, headers: response.headers }
}

function read(text: string, type: string) {
  if (text === '') return undefined
  return /json/.test(type) ? JSON.parse(text) : text
}

interface ProblemBody {
  readonly code?: string
  readonly title?: string
  readonly detail?: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

function toProblem(status: number, body: ProblemBody | undefined): Problem {
  const [first] = body?.errors ?? []
  const where = first && `${first.pointer.replace(/^#\//, '')}: ${first.detail}`
  const text = where ?? body?.detail ?? body?.title ?? `The API answered with ${status}`
  return new Problem(status, body?.code ?? String(status), text)
}

/** What went wrong, for whoever looks at the page. */
export const explain = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something went wrong'
