import { randomBytes, randomInt } from 'node:crypto'
import { type Client, createClient, type PlatformInfo, readPlatform } from '../../infra/local/client.ts'

/** The platform that the e2e set-up has started. */
export async function usePlatform(): Promise<PlatformInfo> {
  const file = process.env.VEZA_PLATFORM_FILE
  if (!file) throw new Error('VEZA_PLATFORM_FILE is not set: is the e2e set-up of jest.config.mjs running?')
  return readPlatform(file)
}

export const randomAddress = () => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`

/** A client that calls from everywhere, so that one test's calls never count against another's. */
export const newClient = async (): Promise<Client> =>
  createClient(await usePlatform(), { addressOf: randomAddress })

export const randomName = (prefix: string) => `${prefix}_${randomBytes(5).toString('hex')}`

/** What an SDK client of a caller needs to speak to the platform's AWS. */
export function sdkSettings({ aws, callers }: PlatformInfo, name: string) {
  const caller = callers[name]
  if (!caller) throw new Error(`platform.json names no caller ${name}`)
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = caller
  return { endpoint: aws.endpoint_url, region: aws.region, credentials: { accessKeyId, secretAccessKey } }
}

/** Calls the platform's own control routes, which the template does not have. */
export async function control(path: string, body?: unknown): Promise<unknown> {
  const { api_url } = await usePlatform()
  const response = await fetch(`${api_url}/_local/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  })
  if (!response.ok) throw new Error(`/_local/${path} answered ${response.status}: ${await response.text()}`)
  const text = await response.text()
  return text ? JSON.parse(text) : undefined
}
