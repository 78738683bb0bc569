import { type Client, expectStatus, type Json, type Person, until } from '../../client.ts'

const webhooks = '/api/v1/webhooks'

/** Somebody with webhooks, who signs in anew whenever the clock has outrun the session. */
export function createArtist(client: Client, person: Person) {
  let token = person.token

  async function call(status: number, method: string, path: string, body?: unknown): Promise<Json> {
    const first = await client.request(method, path, { token, body })
    if (first.status !== 401) return expectStatus(status, first)
    const login = { identifier: person.email, password: person.password }
    token = expectStatus(
      200,
      await client.request('POST', '/api/v1/auth/login', { body: login }),
    ).access_token
    return expectStatus(status, await client.request(method, path, { token, body }))
  }

  const endpointPath = (id: string) => `${webhooks}/endpoints/${id}`

  async function all(path: string, sign: '?' | '&' = '?'): Promise<Json[]> {
    const rows: Json[] = []
    for (let cursor = ''; ; ) {
      const { data, has_more, next_cursor } = await call(200, 'GET', `${path}${sign}limit=100${cursor}`)
      rows.push(...data)
      if (!has_more) return rows
      cursor = `&cursor=${encodeURIComponent(next_cursor)}`
    }
  }

  return {
    person,
    makeTrack: (title: string) =>
      call(201, 'POST', '/api/v1/tracks', { title, visibility: 'private', rights_confirmed: true }),
    rename: (display_name: string) => call(200, 'PATCH', '/api/v1/users/me', { display_name }),
    createEndpoint: (url: string, event_types: readonly string[], description: string) =>
      call(201, 'POST', `${webhooks}/endpoints`, { url, event_types, description }),
    readEndpoint: (id: string) => call(200, 'GET', endpointPath(id)),
    enable: (id: string) => call(200, 'PATCH', endpointPath(id), { status: 'enabled' }),
    rotate: (id: string) => call(200, 'POST', `${endpointPath(id)}/rotate-secret`, {}),
    test: (id: string) => call(202, 'POST', `${endpointPath(id)}/test`, {}),
    recover: (id: string, since: Date) =>
      call(202, 'POST', `${endpointPath(id)}/recover`, { since: since.toISOString() }),
    deliveries: (id: string) => all(`${endpointPath(id)}/deliveries`),
    /** Everything of the last 30 days. */
    async events(): Promise<Json[]> {
      const events: Json[] = []
      for (let after = ''; ; ) {
        const { data, has_more, next_cursor } = await call(200, 'GET', `/api/v1/events?limit=100${after}`)
        events.push(...data)
        if (!has_more) return events
        after = `&after=${encodeURIComponent(next_cursor)}`
      }
    },
    waitFor: <T>(what: string, ask: () => Promise<T | undefined>) => until(what, ask, 60_000),
  }
}

export type Artist = ReturnType<typeof createArtist>
