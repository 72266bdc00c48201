// What there should be one of.
() => ({
    headings: document.querySelectorAll("h1").length,
    mains: document.querySelectorAll("main").length,
    language: document.documentElement.lang,
    doubles: [...document.querySelectorAll("[id]")].map((each) => each.id).filter((id, at, all) => all.indexOf(id) !== at),
})
