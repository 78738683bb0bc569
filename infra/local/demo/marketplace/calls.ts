import { type Client, expectStatus, type Person } from '../../client.ts'

export const market = '/api/v1/marketplace'

export const read = async (client: Client, { token }: Pick<Person, 'token'>, path: string) =>
  expectStatus(200, await client.request('GET', path, { token }))
