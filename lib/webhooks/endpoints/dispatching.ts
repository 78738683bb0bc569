/** What has deliveries that are due sent, right after the commit that made them so. */
export interface Dispatching {
  readonly dispatchSoon: (concerning: { readonly endpoint_ids: readonly string[] }) => Promise<void>
}
