import { useRef, useState, type FormEvent, type ReactElement } from "react";
import { useCreateSandbox } from "@miosa/react";
import { Problem } from "../problems/Problem.js";
import { PageLink } from "../routing/PageLink.js";
import { filterKeys } from "../routing/route.js";
import { useNavigate } from "../routing/useRoute.js";
import type { Tenant } from "../tenant/tenant.js";
import { useTenant } from "../tenant/TenantContext.js";
import { useAnnounce } from "../ui/Announcer.js";
import { PageTitle } from "../ui/PageTitle.js";
import { nameOf } from "./status.js";

/** Longest value that the API takes in each field, in characters. */
const maxChars = 255;

/** Creates a sandbox and goes to it, where its boot can be watched. */
export function CreateSandbox({ isFirst = false }: { isFirst?: boolean }): ReactElement {
  const tenant = useTenant();
  const { attributionLabels } = tenant;
  const create = useCreateSandbox();
  const navigate = useNavigate();
  const announce = useAnnounce();
  const [fields, setFields] = useState({ name: "", workspace: "", user: "", project: "" });
  const form = useRef<HTMLFormElement>(null);

  const fixed = fixedOwners(tenant);

  const submit = (): void => {
    create.mutate(inputFrom(fields, tenant), {
      onSuccess: (sandbox) => {
        announce(`${nameOf(sandbox)} created`);
        navigate({ page: { name: "sandbox", id: sandbox.id } });
      },
    });
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    if (!create.isPending) submit();
  };
  const field = (key: keyof typeof fields) => ({
    name: key,
    value: fields[key],
    maxLength: maxChars,
    onChange: (event: { target: HTMLInputElement }) => setFields({ ...fields, [key]: event.target.value }),
    autoComplete: "off",
    autoCapitalize: "off",
    spellCheck: false,
  });

  return (
    <div className="page create">
      <PageTitle text={isFirst ? "Create your first sandbox" : "New sandbox"} />
      <p className="lede">It boots by itself. You can run commands in it as soon as it is ready.</p>
      <form ref={form} className="card form" onSubmit={onSubmit} aria-busy={create.isPending}>
        <label className="field">
          <span>Name</span>
          <input {...field("name")} placeholder="quick-exec" aria-describedby="name-hint" />
          <small id="name-hint">Leave it empty and the server picks one.</small>
        </label>
        <fieldset className="fieldset">
          <legend>Whose is it?</legend>
          {fixed.length === 0 ? (
            <p className="hint">Your own ids, to find and count sandboxes by. They grant nobody access.</p>
          ) : (
            <>
              <p className="hint">Your sign-in says so: the server puts it on everything you create.</p>
              <dl className="fixed-owners">
                {fixed.map(({ key, id, name }) => (
                  <div key={key}>
                    <dt>{attributionLabels[key]}</dt>
                    <dd>
                      {name} <code>{id}</code>
                    </dd>
                  </div>
                ))}
              </dl>
            </>
          )}
          <div className="field-row">
            {filterKeys
              .filter((key) => fixed.every((owner) => owner.key !== key))
              .map((key) => (
                <label key={key} className="field">
                  <span>
                    {attributionLabels[key]} id <em>optional</em>
                  </span>
                  <input {...field(key)} />
                </label>
              ))}
          </div>
        </fieldset>
        {create.error !== null && <Problem error={create.error} as="banner" isAction onRetry={submit} />}
        <div className="actions">
          <button type="submit" className="button primary" aria-disabled={create.isPending}>
            {create.isPending ? "Creating…" : "Create sandbox"}
          </button>
          {!isFirst && (
            <PageLink className="button quiet" page={{ name: "home" }}>
              Cancel
            </PageLink>
          )}
        </div>
      </form>
    </div>
  );
}

/** The owners that the server puts on everything, whatever the page says. */
function fixedOwners({ name, externalWorkspaceId, user }: Tenant): { key: "workspace" | "user"; id: string; name: string }[] {
  if (externalWorkspaceId === null) return [];
  const workspace = { key: "workspace", id: externalWorkspaceId, name } as const;
  return user === null || user.id === null ? [workspace] : [workspace, { key: "user", id: user.id, name: user.name }];
}

function inputFrom(
  fields: { name: string; workspace: string; user: string; project: string },
  tenant: Tenant,
): {
  name?: string;
  externalWorkspaceId?: string;
  externalUserId?: string;
  externalProjectId?: string;
} {
  const [name, workspace, user, project] = [fields.name, fields.workspace, fields.user, fields.project].map((value) => value.trim());
  const [externalWorkspaceId, externalUserId] = [tenant.externalWorkspaceId ?? workspace, tenant.user?.id ?? user];
  return {
    ...(name && { name }),
    ...(externalWorkspaceId && { externalWorkspaceId }),
    ...(externalUserId && { externalUserId }),
    ...(project && { externalProjectId: project }),
  };
}
