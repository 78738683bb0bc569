import { readFile } from 'node:fs/promises'
import type { Reader } from 'mmdb-lib'
import { countriesFile } from './data-files.ts'

interface CountryRecord {
  readonly country_code: string
}

export type FindCountry = (ip: string) => Promise<string | undefined>

/**
 * The country of an address, two letters, by what the regional registries say (package
 * `@ip-location-db/geo-whois-asn-country-mmdb`, CC BY 4.0). The file is read by the first who asks.
 */
export function createCountries(file = countriesFile): FindCountry {
  let loading: Promise<Reader<never>> | undefined
  return async (ip) => {
    loading ??= load(file)
    const found = (await loading).get(ip) as CountryRecord | null
    return found?.country_code
  }
}

async function load(file: string) {
  const [{ Reader }, bytes] = await Promise.all([import('mmdb-lib'), readFile(file)])
  return new Reader<never>(bytes)
}
