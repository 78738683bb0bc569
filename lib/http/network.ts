import ipaddr from 'ipaddr.js'

const ipv4 = /^\d{1,3}(\.\d{1,3}){3}$/

/**
 * What counts as one caller: an IPv4 address, or the /64 of an IPv6 address, which is what one household or
 * one server gets and may roam in.
 */
export function networkOf(address: string): string {
  if (ipv4.test(address) || !ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const prefix = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`)
  return `${prefix.toString()}/64`
}
