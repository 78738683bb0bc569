/** One thing a call needs: a request that does two things (a copy) has two. */
export interface Need {
  readonly action: string
  readonly resource: string
}
