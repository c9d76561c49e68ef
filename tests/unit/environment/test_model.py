"""An environment answers for its names, and keeps its passwords to itself."""

from chaos_ext.environment.model import Environment, Target
from chaos_ext.environment.names import native_targets

HERE = Environment(
    "here", "native", "x.yaml", targets=native_targets({"redis": {"replicas": 1}})
)


def test_problem_with_is_none_when_the_target_is_there():
    assert HERE.problem_with("redis-primary", "method[0]") == []


def test_problem_with_names_the_nearest_target():
    assert HERE.problem_with("redis-primry", "method[0]") == [
        "method[0]: here has no target 'redis-primry' (did you mean redis-primary?)"
    ]


def test_problem_with_system_names_the_known_ones():
    assert HERE.problem_with_system("redis", "watch") == []
    assert HERE.problem_with_system("consul", "watch") == [
        "watch: here has no system 'consul' (known: redis)"
    ]


def test_target_keeps_its_url_out_of_its_text():
    target = Target("redis-primary", "redis", url="redis://:pa55@127.0.0.1")

    assert "pa55" not in repr(target)
