import ipaddr from 'ipaddr.js'

type Address = { readonly kind: 'ipv4' | 'ipv6'; readonly bytes: readonly number[] }

export function parseAddress(text: string): Address | undefined {
  if (!ipaddr.isValid(text)) return undefined
  const address = ipaddr.process(text)
  return { kind: address.kind(), bytes: address.toByteArray() }
}

const kept = { ipv4: 3, ipv6: 8 } as const

/** The network of an address, /24 or /64, in hexadecimal: who is in it cannot be told apart by it. */
export function truncate({ kind, bytes }: Address): string {
  return `${kind}:${toHex(bytes.slice(0, kept[kind]))}`
}

export const toHex = (bytes: readonly number[]) => Buffer.from(bytes).toString('hex')
