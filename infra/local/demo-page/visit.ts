import { explain, watchReach } from './api.ts'
import { byId, createSlot, el, showProblem } from './dom.ts'
import { resume, signOut, watchEnd } from './session.ts'
import { showEntry } from './view-entry.ts'
import type { User } from './wire.ts'

export interface Visit {
  /** The id of what is shown to whoever is signed in, in place of the entry. */
  readonly inside: string
  readonly onEnter: (user: User) => Promise<void>
  /** Nothing of theirs is left behind. */
  readonly onLeave: () => void
}

export const report = (error: unknown) => showProblem(explain(error))

/** A page from the entry on: who is there, in the bar, whether the platform answers, and back out again. */
export async function beginVisit({ inside, onEnter, onLeave }: Visit): Promise<void> {
  const account = createSlot(byId('account'))

  const show = (isInside: boolean) => {
    byId('entry').hidden = isInside
    byId(inside).hidden = !isInside
    byId('account').hidden = !isInside
  }

  async function enter(user: User): Promise<void> {
    account(user.id, () => [
      el('span', {}, user.display_name),
      el('button', { type: 'button', class: 'small', onclick: () => void leave() }, 'Sign out'),
    ])
    show(true)
    await onEnter(user)
  }

  function showOutside(): void {
    onLeave()
    show(false)
  }

  async function leave(): Promise<void> {
    await signOut().catch(() => undefined)
    showOutside()
  }

  const showReach = (isReached: boolean) => {
    byId('offline').hidden = isReached
  }
  watchReach(showReach)
  addEventListener('offline', () => showReach(false))
  addEventListener('online', () => showReach(true))
  watchEnd(showOutside)
  showEntry((user) => void enter(user).catch(report))
  const user = await resume().catch(() => undefined)
  if (user) await enter(user).catch(report)
  else showOutside()
}
