import path from 'node:path'

const countryFile = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'

/** Beside the bundle (esbuild.config.mjs), or where they come from. */
const place = (bundled: string, source: string) =>
  import.meta.dirname ? path.join(import.meta.dirname, source) : path.join(__dirname, bundled)

export const countriesFile = place('countries.mmdb', `../../../node_modules/${countryFile}`)
export const datacentersFile = place('datacenters.txt', 'datacenters.txt')
