#include "grid.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <vector>

#define GRID_LIMIT 4096

namespace geo {

namespace {

constexpr char kSeparator = '\'';

int clamp(int value, int low, int high)
{
    return std::max(low, std::min(value, high));
}

}  // namespace

struct Point {
    int x = 0;
    int y = 0;

    bool operator==(const Point& other) const
    {
        return x == other.x && y == other.y;
    }
};

enum class Direction : std::uint8_t {
    North,
    East,
};

template <typename Cell>
class Grid {
public:
    Grid(int width, int height)
        : width_(width), height_(height), cells_(static_cast<std::size_t>(width) * height)
    {
        if (width > GRID_LIMIT || height > GRID_LIMIT) {
            throw std::length_error("grid too large");
        }
    }

    ~Grid() = default;

    Cell& at(Point where)
    {
        return cells_[index(where)];
    }

    template <typename Visit>
    void each(Visit visit) const
    {
        for (const auto& cell : cells_) {
            visit(cell);
        }
    }

private:
    std::size_t index(Point where) const
    {
        const int x = clamp(where.x, 0, width_ - 1);
        const int y = clamp(where.y, 0, height_ - 1);
        return static_cast<std::size_t>(y) * width_ + x;
    }

    int width_;
    int height_;
    std::vector<Cell> cells_;
};

// Where one step leads.
Point step(Point from, Direction to)
{
    switch (to) {
        case Direction::North:
            return {from.x, from.y - 1};
        case Direction::East:
            return {from.x + 1, from.y};
    }
    return from;
}

void Walker::walk(const std::vector<Direction>& way)
{
    for (auto direction : way) {
        here_ = step(here_, direction);
        log_.push_back(kSeparator);
    }
}

}  // namespace geo

extern "C" {

int grid_version(void)
{
    return 3;
}

}
