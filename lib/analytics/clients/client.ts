import type { Filter } from '../../plays/filters.ts'
import { createCountries, type FindCountry } from './countries.ts'
import { createDatacenters, type IsDatacenter } from './datacenters.ts'
import { type Device, deviceOf } from './devices.ts'
import type { ReadSalt } from './salts.ts'
import { hashWith, networkOf, visitorOf } from './visitors.ts'

/** From where a call comes. */
export interface Caller {
  readonly ip: string
  readonly userAgent: string
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** All that is known of a client afterwards: neither its address nor its program. */
export interface Client {
  readonly visitor: Buffer
  readonly network: Buffer
  /** Whether it is a program, or where nobody listens. */
  readonly filter: Extract<Filter, 'ua' | 'datacenter'> | undefined
  readonly country: string | undefined
  readonly device: Device
  /** Whether it asks that nobody follows it. */
  readonly wantsPrivacy: boolean
  /** Of something that is the client's; another one the next day. */
  readonly hash: (text: string) => Buffer
}

export interface ClientDependencies {
  readonly readSalt: ReadSalt
  readonly findCountry?: FindCountry
  readonly isDatacenter?: IsDatacenter
  readonly now?: () => Date
}

export type ReadClient = (caller: Caller) => Promise<Client>

export function createClientReader(dependencies: ClientDependencies): ReadClient {
  const { readSalt, now = () => new Date() } = dependencies
  const { findCountry = createCountries(), isDatacenter = createDatacenters() } = dependencies

  const filterOf = async ({ ip, userAgent }: Caller) => {
    const { isbot } = await import('isbot')
    // Whoever names no program is one.
    if (userAgent.trim() === '' || isbot(userAgent)) return 'ua'
    return (await isDatacenter(ip)) ? 'datacenter' : undefined
  }

  return async (caller) => {
    const { ip, userAgent, headers = {} } = caller
    const [salt, filter, country] = await Promise.all([readSalt(now()), filterOf(caller), findCountry(ip)])
    return {
      visitor: visitorOf(salt, ip, userAgent),
      network: hashWith(salt, `network:${networkOf(ip)}`),
      filter,
      country,
      device: deviceOf(userAgent),
      wantsPrivacy: headers.dnt === '1' || headers['sec-gpc'] === '1',
      hash: (text) => hashWith(salt, text),
    }
  }
}
