/** A playlist as it should behave: a plain list, edited by one at a time. */
export interface ModelItem {
  /** Undefined for one that a replacement brought, whose id no answer tells. */
  readonly id: string | undefined
  readonly track: string
}

export interface ModelState {
  readonly items: readonly ModelItem[]
  readonly revision: number
}

export type Edit =
  | {
      readonly kind: 'add'
      readonly track: string
      readonly after: string | null | undefined
      readonly allow_duplicates: boolean
    }
  | { readonly kind: 'move'; readonly item: string; readonly after: string | null }
  | { readonly kind: 'remove'; readonly item: string }
  | { readonly kind: 'replace'; readonly tracks: readonly string[]; readonly revision: number }

export interface Outcome {
  readonly status: number
  /** Of the item that the answer is about. */
  readonly id?: string | undefined
}

/** The state after the edit that ended so, or undefined where it cannot have ended so. */
export function apply(state: ModelState, edit: Edit, outcome: Outcome): ModelState | undefined {
  if (edit.kind === 'add') return applyAdd(state, edit, outcome)
  if (edit.kind === 'move') return applyMove(state, edit, outcome)
  if (edit.kind === 'remove') {
    const isThere = state.items.some(({ id }) => id === edit.item)
    if (outcome.status !== (isThere ? 204 : 404)) return undefined
    return isThere ? edited(state, without(state.items, edit.item)) : state
  }
  const isFresh = edit.revision === state.revision
  if (outcome.status !== (isFresh ? 200 : 412)) return undefined
  return isFresh ? edited(state, replaced(state.items, edit.tracks)) : state
}

function applyAdd(state: ModelState, edit: Edit & { kind: 'add' }, { status, id }: Outcome) {
  const present = state.items.find(({ track }) => track === edit.track)
  if (present && !edit.allow_duplicates) {
    return status === 200 && (present.id ?? id) === id ? state : undefined
  }
  const items = inserted(state.items, { id, track: edit.track }, edit.after)
  if (!items) return status === 409 ? state : undefined
  return status === 201 ? edited(state, items) : undefined
}

function applyMove(state: ModelState, { item: itemId, after }: Edit & { kind: 'move' }, { status }: Outcome) {
  const item = state.items.find(({ id }) => id === itemId)
  if (!item) return status === 404 ? state : undefined
  if (after === itemId) return status === 200 ? state : undefined
  const items = inserted(without(state.items, itemId), item, after)
  if (!items) return status === 409 ? state : undefined
  return status === 200 ? edited(state, items) : undefined
}

const edited = ({ revision }: ModelState, items: readonly ModelItem[]): ModelState => ({
  items,
  revision: revision + 1,
})

const without = (items: readonly ModelItem[], gone: string) => items.filter(({ id }) => id !== gone)

function inserted(items: readonly ModelItem[], item: ModelItem, after: string | null | undefined) {
  if (after === undefined) return [...items, item]
  const at = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1
  return after !== null && at === 0 ? undefined : items.toSpliced(at, 0, item)
}

function replaced(items: readonly ModelItem[], tracks: readonly string[]): ModelItem[] {
  const left = [...items]
  return tracks.map((track) => {
    const at = left.findIndex((item) => item.track === track)
    return at < 0 ? { id: undefined, track } : left.splice(at, 1)[0]!
  })
}

/** Whether some order of the edits, one at a time, gives these outcomes and ends in this state. */
export function explains(
  state: ModelState,
  done: readonly (readonly [Edit, Outcome])[],
  end: ModelState,
): boolean {
  if (done.length === 0) return isSame(state, end)
  return done.some(([edit, outcome], at) => {
    const next = apply(state, edit, outcome)
    return next !== undefined && explains(next, done.toSpliced(at, 1), end)
  })
}

const isSame = (one: ModelState, two: ModelState) =>
  one.revision === two.revision &&
  one.items.length === two.items.length &&
  one.items.every(
    ({ id, track }, at) => track === two.items[at]!.track && (id ?? two.items[at]!.id) === two.items[at]!.id,
  )
