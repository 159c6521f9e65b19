/** The groups that a client has members of, with their patterns: members with other ones would get each other's events. */

interface Membership {
  readonly patterns: string
  members: number
}

export class Memberships {
  private readonly groups = new Map<string, Membership>()

  /** @returns what ends it. @throws TypeError if a member of the group has other patterns */
  join(queue: string, patterns: readonly string[]): () => void {
    const named = patterns.toSorted().join(' ')
    const group = this.groups.get(queue) ?? { patterns: named, members: 0 }
    if (group.patterns !== named) {
      throw new TypeError(
        `group '${queue}' is subscribed to '${group.patterns}', not '${named}': name all patterns of a group in an array`,
      )
    }
    group.members++
    this.groups.set(queue, group)
    return () => {
      if (--group.members === 0) this.groups.delete(queue)
    }
  }
}
