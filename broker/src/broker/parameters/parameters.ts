/**
 * Runtime parameters: small JSON values that users set while the broker runs. Those of a vhost belong to a component,
 * which says what it accepts and is told of changes; global ones are kept for whoever reads them.
 */
import type { Catalog } from '../catalog.ts'
import type { Events } from '../events/events.ts'
import { Refusal } from '../refusal.ts'

export interface Parameter {
  readonly vhost: string
  readonly component: string
  readonly name: string
  readonly value: unknown
}

export interface GlobalParameter {
  readonly name: string
  readonly value: unknown
}

/** Who a parameter means something to. */
export interface Component {
  /** @throws Refusal for a name or value that makes no sense. */
  check(name: string, value: unknown): void
  /** `value` undefined: the parameter is cleared. Also called at a start, for each that is kept. */
  apply(vhost: string, name: string, value: unknown): void
  /** After a change, not at a start: tells the event exchange. */
  announce(vhost: string, value: unknown): void
}

export class Parameters {
  private readonly catalog: Catalog
  private readonly events: Events
  private readonly components: ReadonlyMap<string, Component>
  private readonly kept = new Map<string, Parameter>()
  private readonly keptGlobally = new Map<string, GlobalParameter>()

  constructor(catalog: Catalog, events: Events, components: ReadonlyMap<string, Component>) {
    this.catalog = catalog
    this.events = events
    this.components = components
  }

  /** The vhost must be there. @throws Refusal precondition-failed for a component that is not known, or as it says. */
  put(parameter: Parameter): void {
    const { vhost, component, name, value } = parameter
    const known = this.components.get(component)
    if (known === undefined) throw new Refusal('precondition-failed', `component ${component} not found`)
    known.check(name, value)
    this.kept.set(idOf(vhost, component, name), parameter)
    this.catalog.put('parameter', [vhost, component, name], value)
    this.events.emit('parameter.set', parameter)
    known.apply(vhost, name, value)
    known.announce(vhost, value)
  }

  /** @returns false if there is none of that name. */
  clear(vhost: string, component: string, name: string): boolean {
    const parameter = this.kept.get(idOf(vhost, component, name))
    if (parameter === undefined) return false
    this.kept.delete(idOf(vhost, component, name))
    this.catalog.remove('parameter', [vhost, component, name])
    this.events.emit('parameter.cleared', parameter)
    const known = this.components.get(component)
    known?.apply(vhost, name, undefined)
    known?.announce(vhost, undefined)
    return true
  }

  /** To be called when a vhost is deleted. */
  clearVhost(vhost: string): void {
    for (const parameter of [...this.list(vhost)]) this.clear(vhost, parameter.component, parameter.name)
  }

  get(vhost: string, component: string, name: string): unknown {
    return this.kept.get(idOf(vhost, component, name))?.value
  }

  *list(vhost?: string, component?: string): Iterable<Parameter> {
    for (const parameter of this.kept.values()) {
      if (vhost !== undefined && parameter.vhost !== vhost) continue
      if (component === undefined || parameter.component === component) yield parameter
    }
  }

  putGlobal(name: string, value: unknown): void {
    const parameter = { name, value }
    this.keptGlobally.set(name, parameter)
    this.catalog.put('global-parameter', [name], value)
    this.events.emit('parameter.set', { ...parameter, component: 'global' })
  }

  /** @returns false if there is none of that name. */
  clearGlobal(name: string): boolean {
    const parameter = this.keptGlobally.get(name)
    if (parameter === undefined) return false
    this.keptGlobally.delete(name)
    this.catalog.remove('global-parameter', [name])
    this.events.emit('parameter.cleared', { ...parameter, component: 'global' })
    return true
  }

  globals(): Iterable<GlobalParameter> {
    return this.keptGlobally.values()
  }

  /** Brings back what the catalog holds; the vhosts are there. */
  restore(): void {
    for (const { key, value } of this.catalog.all('parameter')) {
      const [vhost, component, name] = key
      this.kept.set(idOf(vhost, component, name), { vhost, component, name, value })
      this.components.get(component)?.apply(vhost, name, value)
    }
    for (const { key, value } of this.catalog.all('global-parameter')) {
      this.keptGlobally.set(key[0], { name: key[0], value })
    }
  }
}

function idOf(...parts: string[]): string {
  return JSON.stringify(parts)
}
