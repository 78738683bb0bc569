/** One thing a call needs: a request that does two things (a copy) has two. */
export interface Need {
  readonly action: string
  readonly resource: string
  /** What policies may ask of the resource, beyond its name. */
  readonly context?: Readonly<Record<string, string>>
}
