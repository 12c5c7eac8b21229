"""What answers a prediction is folded when a page is opened, and unfolds when its cell is run."""

from conftest import KERNEL, TOKEN


def test_an_answer_is_folded_until_its_cell_runs(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{lab}/lab/tree/stored.ipynb?token={TOKEN}&reset")
    page.wait_for_function(
        f"() => {{ const k = {KERNEL}; return k && k.connectionStatus === 'connected' && k.status === 'idle' }}",
        timeout=90_000,
    )
    widgets = "window.jupyterapp.shell.currentWidget.content.widgets"
    folded = page.evaluate(f"() => {widgets}.flatMap((w, i) => w.model.type === 'code' && w.outputHidden ? [i] : [])")
    revealing = page.evaluate(
        f"() => {widgets}.flatMap((w, i) => /^reveal\\(/m.test(w.model.sharedModel.source) ? [i] : [])"
    )
    assert len(revealing) >= 3 and set(revealing) <= set(folded)
    page.evaluate(
        """([first, last]) => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.deselectAll();
            notebook.activeCellIndex = last;
            return window.jupyterapp.commands.execute('notebook:run-all-above')
                .then(() => window.jupyterapp.commands.execute('notebook:run-cell'));
        }""",
        [0, revealing[0]],
    )
    page.wait_for_function(
        f"i => !{widgets}[i].outputHidden && {KERNEL}.status === 'idle'", arg=revealing[0], timeout=90_000
    )
    assert page.evaluate(f"i => {widgets}[i].outputHidden", revealing[-1])
    page.close()
