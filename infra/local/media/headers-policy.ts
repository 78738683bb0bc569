/** The headers that a policy adds to an answer, given those that the bucket sent. */
export type HeadersPolicy = (
  sent: Readonly<Record<string, string>>,
  origin?: string,
) => Record<string, string>

interface Config {
  readonly SecurityHeadersConfig?: {
    readonly ContentTypeOptions?: { readonly Override: boolean }
    readonly ContentSecurityPolicy?: { readonly ContentSecurityPolicy: string; readonly Override: boolean }
    readonly FrameOptions?: { readonly FrameOption: string; readonly Override: boolean }
  }
  readonly CustomHeadersConfig?: { readonly Items: readonly CustomHeader[] }
  readonly CorsConfig?: {
    readonly AccessControlAllowOrigins: Items
    readonly AccessControlAllowMethods: Items
    readonly AccessControlAllowHeaders: Items
    readonly AccessControlExposeHeaders?: Items
    readonly AccessControlMaxAgeSec?: number
    readonly OriginOverride: boolean
  }
}

interface Items {
  readonly Items: readonly string[]
}

interface CustomHeader {
  readonly Header: string
  readonly Value: string
  readonly Override: boolean
}

/** All but what is about TLS, which there is none of here. */
export function readHeadersPolicy(policy: Readonly<Record<string, unknown>> | undefined): HeadersPolicy {
  const config = (policy ?? {}) as Config
  const always = [...security(config), ...(config.CustomHeadersConfig?.Items ?? [])]
  const crossOrigin = cors(config)
  return (sent, origin) => {
    const added = origin === undefined ? always : [...always, ...crossOrigin]
    const kept = added
      .map(({ Header, ...rest }) => ({ ...rest, name: Header.toLowerCase() }))
      .filter(({ name, Override }) => Override || sent[name] === undefined)
    return { ...sent, ...Object.fromEntries(kept.map(({ name, Value }) => [name, Value])) }
  }
}

function security({ SecurityHeadersConfig: config = {} }: Config): CustomHeader[] {
  const { ContentTypeOptions, ContentSecurityPolicy, FrameOptions } = config
  return [
    ...header('x-content-type-options', 'nosniff', ContentTypeOptions?.Override),
    ...header(
      'content-security-policy',
      ContentSecurityPolicy?.ContentSecurityPolicy,
      ContentSecurityPolicy?.Override,
    ),
    ...header('x-frame-options', FrameOptions?.FrameOption, FrameOptions?.Override),
  ]
}

/** Added only where a page of another origin asks. */
function cors({ CorsConfig: config }: Config): CustomHeader[] {
  if (!config) return []
  const { OriginOverride: override, AccessControlMaxAgeSec: maxAge } = config
  const joined = ({ Items } = { Items: [] } as Items) => (Items.length > 0 ? Items.join(', ') : undefined)
  return [
    ...header('access-control-allow-origin', joined(config.AccessControlAllowOrigins), override),
    ...header('access-control-allow-methods', joined(config.AccessControlAllowMethods), override),
    ...header('access-control-allow-headers', joined(config.AccessControlAllowHeaders), override),
    ...header('access-control-expose-headers', joined(config.AccessControlExposeHeaders), override),
    ...header('access-control-max-age', maxAge === undefined ? undefined : String(maxAge), override),
  ]
}

const header = (Header: string, Value: string | undefined, Override: boolean | undefined): CustomHeader[] =>
  Value === undefined || Override === undefined ? [] : [{ Header, Value, Override }]
