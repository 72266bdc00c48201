// Shows the OpenAPI document. All text goes in as text, never as HTML.

const made = (name, text = "", ...inside) => {
  const element = document.createElement(name);
  element.textContent = text;
  element.append(...inside);
  return element;
};

const row = (kind, ...cells) => made("tr", "", ...cells.map((text) => made(kind, text)));

const typeOf = (schema, depth = 0) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map((option) => typeOf(option, depth)).join(" | ");
  if (schema.type === "array") return `[${typeOf(schema.items, depth + 1)}]`;
  return schema.format ?? schema.type ?? "anything";
};

const table = (heads, rows) => made("table", "", row("th", ...heads), ...rows);

const fields = (schema, names) => {
  const told = schema.$ref ? names[schema.$ref.split("/").pop()] : schema;
  if (!told?.properties) return [made("p", typeOf(schema))];
  const needed = new Set(told.required ?? []);
  const rows = Object.entries(told.properties).map(([name, one]) =>
    row("td", name, typeOf(one), needed.has(name) ? "yes" : ""));
  return [table(["field", "type", "needed"], rows)];
};

const parameters = (list) => {
  const rows = list.map((one) =>
    row("td", one.name, one.in, typeOf(one.schema), one.required ? "yes" : "", one.description ?? ""));
  return rows.length ? [made("h4", "Parameters"), table(["name", "in", "type", "needed", ""], rows)] : [];
};

const body = (operation, names) => {
  const content = operation.requestBody?.content?.["application/json"];
  if (!content) return [];
  const examples = Object.values(content.examples ?? {}).map((one) =>
    made("pre", JSON.stringify(one.value, null, 2)));
  return [made("h4", "Body"), ...fields(content.schema ?? {}, names), ...examples];
};

const responses = (operation, names) => {
  const shown = [made("h4", "Answers")];
  for (const [status, one] of Object.entries(operation.responses)) {
    if (one.$ref) continue;
    shown.push(made("p", `${status}: ${one.description}`));
    for (const { schema } of Object.values(one.content ?? {})) {
      if (schema) shown.push(...fields(schema, names));
    }
  }
  return shown;
};

const route = (method, path, operation, names) => {
  const summary = made("summary", "", made("b", method.toUpperCase()), made("code", path),
    made("span", operation.summary));
  const element = made("details", "", summary);
  element.id = operation.operationId;
  element.addEventListener("toggle", () => {
    if (!element.open || element.children.length > 1) return;
    element.append(made("p", operation.description ?? ""), ...parameters(operation.parameters ?? []),
      ...body(operation, names), ...responses(operation, names));
  });
  element.dataset.text = `${method} ${path} ${operation.summary}`.toLowerCase();
  return element;
};

const show = (told) => {
  document.querySelector("#about").textContent = `${told.info.version}. ${told.info.description}`;
  const routes = document.querySelector("#routes");
  for (const [path, methods] of Object.entries(told.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      routes.append(route(method, path, operation, told.components.schemas));
    }
  }
  document.querySelector("#find").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const element of routes.children) element.hidden = !element.dataset.text.includes(wanted);
  });
};

const answer = await fetch("/openapi.json");
if (answer.ok) show(await answer.json());
else document.querySelector("#about").textContent = `${answer.status}: open the page first, with greenroom open`;
